// Several providers, each with its own state directory, over one Transit key
// (registry-and-rotation.md, "Several control-plane nodes"). BAOKMS_NODES_ROTATIONS (3) and
// BAOKMS_NODES_HOLD_MS (500, of load after each rotation) make the run under load longer.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <numeric>
#include <optional>

#include "tests/e2e/support/cluster.h"
#include "tests/e2e/support/cluster_load.h"

namespace baokms::e2e {
namespace {

using std::chrono::steady_clock;

double Seconds(steady_clock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

// "2026-11-25T15:48:32.125Z", seconds.
double TimeOf(const Json& line) {
  const std::string text = line.at("ts").get<std::string>();
  std::tm parts{};
  const char* fraction = strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  REQUIRE(fraction != nullptr);
  return static_cast<double>(timegm(&parts)) + std::strtod(fraction, nullptr);
}

// By how much this node's metadata probes came later than their interval, the latest first.
std::vector<double> Lateness(const Node& node) {
  std::vector<double> late;
  std::optional<double> before;
  for (const Json& line : node.serving->process.LogLines("status.probe")) {
    if (line.value("probe_kind", "") != "metadata") continue;
    const double now = TimeOf(line);
    if (before) late.push_back(std::max(0.0, now - *before - Seconds(node.probe_interval)));
    before = now;
  }
  std::ranges::sort(late, std::greater());
  return late;
}

// From a rotation to the first Status with the new key_id: the version is seen one interval after
// the rotation at the latest, observations - 1 intervals later it is stable, and the first probe
// after the activation delay promotes it. These probes may be as late as the latest were.
double Window(const Node& node) {
  constexpr std::size_t kProbes = Node::kObservations + 2;
  const std::vector<double> late = Lateness(node);
  REQUIRE(late.size() >= kProbes);
  const double jitter = std::accumulate(late.begin(), late.begin() + kProbes, 0.05);
  const double interval = Seconds(node.probe_interval);
  return interval * Node::kObservations + Seconds(Node::kDelay) + interval + jitter;
}

// No promotion can come sooner after a rotation.
double Soonest(const Node& node) {
  return Seconds(node.probe_interval) * (Node::kObservations - 1) + Seconds(Node::kDelay) - 0.05;
}

long FromEnvironment(const char* name, long otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : std::strtol(value, nullptr, 10);
}

struct Run {
  long rotations;
  // Whose probe has just missed the rotation, in turn: it is the last one to learn of it.
  std::vector<std::size_t> missed_by;
  std::vector<std::string> false_key_ids = {};
};

void AwaitProbe(const Node& node) {
  const auto probes = [&] {
    return node.serving->process.Metric(
        "openbao_kms_transit_metadata_observation_total{status=\"ok\"}");
  };
  const auto before = probes();
  REQUIRE(before.has_value());
  REQUIRE(Eventually(Milliseconds(20000), [&] { return probes() > before; }));
}

// Rotations under load on every node: what all of them answered, judged rotation by rotation.
void RotateUnderLoad(Cluster& cluster, const Run& run) {
  std::vector<std::string> ids = {cluster.KeyIdOf(1)};
  std::vector<SteadyTime> rotated = {{}};
  ClusterLoad load({.sockets = cluster.Sockets(), .false_key_ids = run.false_key_ids});
  const SteadyTime began = steady_clock::now();
  const Milliseconds hold(FromEnvironment("BAOKMS_NODES_HOLD_MS", 500));
  std::this_thread::sleep_for(hold);
  for (long i = 1; i <= run.rotations; ++i) {
    AwaitProbe(cluster[run.missed_by[static_cast<std::size_t>(i) % run.missed_by.size()]]);
    rotated.push_back(steady_clock::now());
    cluster.bench.setup.RotateKey();
    ids.push_back(cluster.KeyIdOf(i + 1));
    REQUIRE(cluster.Reach(ids.back()));
    std::this_thread::sleep_for(hold);
  }
  load.Stop();
  const double seconds = Seconds(steady_clock::now() - began);

  const ClusterLoad::Figures figures = load.figures();
  CheckClean(figures);
  CHECK(figures.operations() > 1000);
  CHECK(figures.forgeries > 0);
  const auto answered = load.answered();
  for (const std::vector<Answered>& node : answered) {
    // Each key_id once and in the order of the versions: none twice, none backwards, none other.
    std::vector<std::string> seen;
    for (const Answered& stretch : node) seen.push_back(stretch.key_id);
    REQUIRE(seen == ids);
  }
  double longest_disagreement = 0;
  double longest_promotion = 0;
  double window = 0;
  double soonest = 1e9;
  for (const auto& node : cluster.nodes) {
    CHECK(Lateness(*node).front() < 2.0);
    window = std::max(window, Window(*node));
    soonest = std::min(soonest, Soonest(*node));
  }
  for (std::size_t i = 1; i < ids.size(); ++i) {
    SteadyTime first_new = SteadyTime::max();
    SteadyTime last_old = SteadyTime::min();
    for (std::size_t n = 0; n < answered.size(); ++n) {
      const Answered& now = answered[n][i];
      const double promotion = Seconds(now.first - rotated[i]);
      CHECK(promotion <= Window(*cluster.nodes[n]));
      CHECK(promotion >= Soonest(*cluster.nodes[n]));
      longest_promotion = std::max(longest_promotion, promotion);
      first_new = std::min(first_new, now.first);
      last_old = std::max(last_old, answered[n][i - 1].last);
    }
    const double disagreement = std::max(0.0, Seconds(last_old - first_new));
    CHECK(disagreement <= window - soonest);
    longest_disagreement = std::max(longest_disagreement, disagreement);
  }
  MESSAGE(cluster.nodes.size() << " nodes on " << cluster.bench.openbao().name() << ", "
                               << run.rotations << " rotations in " << seconds << " s: "
                               << figures.operations() << " operations (" << figures.encrypts
                               << " encrypts, " << figures.decrypts << " decrypts, "
                               << figures.status << " status, " << figures.forgeries
                               << " forgeries), " << figures.failures << " failures, "
                               << figures.wrong << " wrong answers; key_ids disagreed for at most "
                               << longest_disagreement << " s (allowed " << window - soonest
                               << "), promotion came at most " << longest_promotion
                               << " s after the rotation (allowed " << window << ")");
}

TEST_CASE("Several nodes: rotations under load fail no call and key_ids agree within the window") {
  Cluster cluster({Milliseconds(300), Milliseconds(300), Milliseconds(300)});
  RotateUnderLoad(cluster, {.rotations = FromEnvironment("BAOKMS_NODES_ROTATIONS", 3),
                            .missed_by = {0, 1, 2},
                            .false_key_ids = {cluster.KeyIdOf(1, 1)}});
  for (const auto& node : cluster.nodes) {
    CHECK(VersionsIn(ReadState(node->config), "active").front() ==
          cluster.bench.setup.LatestVersion());
  }
}

TEST_CASE("Several nodes: one that probes more slowly opens what its peers write already") {
  Cluster cluster({Milliseconds(300), Milliseconds(300), Milliseconds(2000)});
  // Its peers promote before its next probe: it must discover the version by their ciphertexts. A
  // false key_id would use up its one discovery an interval.
  RotateUnderLoad(cluster, {.rotations = 2, .missed_by = {2}});
}

}  // namespace
}  // namespace baokms::e2e
