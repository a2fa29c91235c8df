// SendingPolicy among nodes that misbehave, over many requests: what must hold whatever happens,
// and what each trouble may cost (request-scheduling.md).
#include <doctest/doctest.h>

#include <algorithm>

#include "tests/adapters/transit_http/sending/simulated_cluster.h"

namespace baokms::tests {
namespace {

using namespace std::chrono_literals;
using adapters::transit_http::SendingLimits;
using Lane = SimulatedCluster::Lane;

core::Duration Percentile(std::vector<core::Duration> took, std::size_t percent) {
  std::ranges::sort(took);
  return took[(took.size() - 1) * percent / 100];
}

double GoodPerSecond(SimulatedCluster& cluster, core::Duration warm_up, core::Duration over) {
  cluster.RunUntil(warm_up);
  cluster.ForgetOutcomes();
  cluster.RunUntil(warm_up + over);
  return static_cast<double>(cluster.outcomes(Lane::kDecrypt).good) /
         std::chrono::duration<double>(over).count();
}

TEST_CASE("Simulation: goodput stays at 0.9 of capacity under any overload and latency") {
  for (const auto latency : {10ms, 100ms, 300ms, 1000ms}) {
    for (const std::size_t callers : {1UL, 16UL, 64UL, 256UL}) {
      CAPTURE(latency.count());
      CAPTURE(callers);
      SimulatedCluster cluster({}, {{.latency = latency}}, callers);
      cluster.Offer(SimulatedCluster::ClosedLoad{.callers = callers}, 30s);
      const double good = GoodPerSecond(cluster, 10s, 18s);
      const double at_once = static_cast<double>(std::min<std::size_t>(callers, 8));
      const double capacity = at_once / std::chrono::duration<double>(latency).count();
      CHECK(good >= 0.9 * capacity);
      cluster.RunDry();
      CHECK(cluster.violation() == "");
    }
  }
}

TEST_CASE("Simulation: an OpenBao that turns slow costs few calls that end too late") {
  for (const auto latency : {100ms, 300ms, 1000ms}) {
    CAPTURE(latency.count());
    SimulatedCluster cluster({}, {{.latency = 2ms}}, 11);
    cluster.Offer(SimulatedCluster::ClosedLoad{.callers = 64}, 25s);
    cluster.Change(5s, 0, {.latency = latency});
    cluster.RunUntil(5s);
    cluster.ForgetOutcomes();
    cluster.RunUntil(15s);
    const Outcomes decrypts = cluster.outcomes(Lane::kDecrypt);
    const double capacity = 8 * 10.0 / std::chrono::duration<double>(latency).count();
    CHECK(static_cast<double>(decrypts.good) >= 0.9 * capacity);
    CHECK(decrypts.deadline <= 2);
    cluster.RunDry();
    CHECK(cluster.violation() == "");
  }
}

TEST_CASE("Simulation: shared calls multiply what one connection carries") {
  // As measured on OpenBao 2.5.3: 64 items take 1.6 ms.
  const SimulatedNode node{.latency = 400us, .each_further_item = 20us};
  const auto rate = [&](std::size_t most_items) {
    SimulatedCluster cluster({.most_items = most_items}, {node}, 1);
    cluster.Offer(SimulatedCluster::ClosedLoad{.callers = 256, .shares = true}, 6s);
    const double good = GoodPerSecond(cluster, 2s, 3s);
    cluster.RunDry();
    CHECK(cluster.violation() == "");
    CHECK(cluster.outcomes(Lane::kDecrypt).refused == 0);
    return good;
  };
  CHECK(rate(64) > 3.5 * rate(1));
}

TEST_CASE("Simulation: with shared calls goodput is no less under overload") {
  for (const auto latency : {10ms, 300ms, 1000ms}) {
    for (const std::size_t callers : {1UL, 64UL, 512UL}) {
      CAPTURE(latency.count());
      CAPTURE(callers);
      SimulatedCluster cluster({.most_items = 64}, {{.latency = latency}}, callers);
      cluster.Offer(SimulatedCluster::ClosedLoad{.callers = callers, .shares = true}, 14s);
      const double good = GoodPerSecond(cluster, 6s, 8s);
      const double at_once = static_cast<double>(std::min<std::size_t>(callers, 8));
      CHECK(good >= 0.9 * at_once / std::chrono::duration<double>(latency).count());
      cluster.RunDry();
      CHECK(cluster.violation() == "");
    }
  }
}

TEST_CASE("Simulation: one node of three stops and no request fails") {
  struct Trouble {
    const char* name;
    NodeMode mode;
  };
  for (const Trouble& trouble :
       {Trouble{"hangs", NodeMode::kHung}, Trouble{"is killed", NodeMode::kDead},
        Trouble{"steps down", NodeMode::kStandby}}) {
    CAPTURE(trouble.name);
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      SimulatedCluster cluster({}, {{}, {}, {}}, seed);
      cluster.Offer(SimulatedCluster::OpenLoad{.per_second = 25}, 45s);
      cluster.Offer(SimulatedCluster::OpenLoad{.lane = Lane::kEncrypt, .per_second = 5}, 45s);
      cluster.Change(10s, 0, {.mode = trouble.mode});
      cluster.Change(30s, 0, {});
      cluster.RunDry();
      const Outcomes& decrypts = cluster.outcomes(Lane::kDecrypt);
      CHECK(decrypts.good == decrypts.submitted);
      CHECK(cluster.outcomes(Lane::kEncrypt).good == cluster.outcomes(Lane::kEncrypt).submitted);
      CHECK(*std::ranges::max_element(decrypts.took) < 500ms);
      CHECK(cluster.violation() == "");
    }
  }
}

TEST_CASE("Simulation: the preferred address never answers and the next one does") {
  SimulatedCluster cluster({}, {{.mode = NodeMode::kHung}, {}}, 1);
  cluster.Offer(SimulatedCluster::ClosedLoad{.callers = 1}, 10s);
  cluster.RunDry();
  const Outcomes& decrypts = cluster.outcomes(Lane::kDecrypt);
  CHECK(decrypts.good == decrypts.submitted);
  CHECK(decrypts.took.front() < 1500ms);
  CHECK(decrypts.took.at(1) < 100ms);
}

TEST_CASE("Simulation: a leaderless cluster costs only what fell wholly into that time") {
  SimulatedCluster cluster({}, {{}, {}, {}}, 3);
  cluster.Offer(SimulatedCluster::OpenLoad{.per_second = 25}, 30s);
  for (std::size_t node = 0; node < 3; ++node) {
    cluster.Change(10s, node, {.mode = NodeMode::kStandby});
    cluster.Change(11'500ms, node, {});
  }
  cluster.RunDry();
  const Outcomes& decrypts = cluster.outcomes(Lane::kDecrypt);
  CHECK(decrypts.good == decrypts.submitted);
  CHECK(decrypts.further_attempts <= decrypts.submitted / 5 + 10);
  CHECK(cluster.violation() == "");
}

TEST_CASE("Simulation: retries and hedges stay within their allowance in a total outage") {
  for (const NodeMode mode : {NodeMode::kHung, NodeMode::kDead, NodeMode::kStandby}) {
    SimulatedCluster cluster({}, {{.mode = mode}, {.mode = mode}}, 1);
    cluster.Offer(SimulatedCluster::ClosedLoad{.callers = 64}, 60s);
    cluster.RunDry();
    const Outcomes& decrypts = cluster.outcomes(Lane::kDecrypt);
    CAPTURE(decrypts.further_attempts);
    CAPTURE(decrypts.attempts);
    const auto first = static_cast<double>(decrypts.attempts - decrypts.further_attempts);
    // 10 more for each 10 s, a look at a suspect every 5 s, and one in each pause of the outage.
    CHECK(static_cast<double>(decrypts.further_attempts) <=
          0.2 * first + 7 * 10 + 2 * 13 + 60 / 0.15);
    CHECK(decrypts.good == 0);
    CHECK(cluster.violation() == "");
  }
}

TEST_CASE("Simulation: service is back at once after an outage and without a storm") {
  SimulatedCluster cluster({}, {{.latency = 2ms}}, 5);
  cluster.Offer(SimulatedCluster::ClosedLoad{.callers = 64}, 60s);
  cluster.Change(10s, 0, {.mode = NodeMode::kHung});
  cluster.Change(40s, 0, {.latency = 2ms});
  cluster.RunUntil(40s);
  cluster.ForgetOutcomes();
  cluster.RunUntil(42'500ms);
  const Outcomes back = cluster.outcomes(Lane::kDecrypt);
  CHECK(back.good > 100);
  cluster.ForgetOutcomes();
  cluster.RunUntil(50s);
  CHECK(static_cast<double>(cluster.outcomes(Lane::kDecrypt).good) > 0.9 * 7.5 * 8 / 0.002);
  cluster.RunDry();
  CHECK(cluster.violation() == "");
}

TEST_CASE("Simulation: neither encrypts nor decrypts nor probes starve") {
  SimulatedCluster cluster({}, {{.latency = 20ms}}, 7);
  cluster.Offer(SimulatedCluster::ClosedLoad{.callers = 256}, 30s);
  cluster.Offer(SimulatedCluster::ClosedLoad{.lane = Lane::kEncrypt, .callers = 4}, 30s);
  cluster.Offer(SimulatedCluster::OpenLoad{.lane = Lane::kProbe, .per_second = 1}, 30s);
  cluster.RunDry();
  const Outcomes& encrypts = cluster.outcomes(Lane::kEncrypt);
  CHECK(encrypts.refused + encrypts.deadline <= encrypts.submitted / 100);
  CHECK(Percentile(encrypts.took, 99) < 200ms);
  const Outcomes& probes = cluster.outcomes(Lane::kProbe);
  CHECK(probes.good == probes.submitted);
  CHECK(Percentile(probes.took, 99) < 50ms);
  CHECK(cluster.violation() == "");
}

TEST_CASE("Simulation: callers that leave cost no connection and no other caller's time") {
  SimulatedCluster cluster({}, {{.latency = 20ms}}, 9);
  cluster.Offer(
      SimulatedCluster::ClosedLoad{.lane = Lane::kEncrypt, .callers = 10, .leave_after = 4ms}, 20s);
  cluster.Offer(SimulatedCluster::ClosedLoad{.callers = 2}, 20s);
  cluster.RunDry();
  CHECK(cluster.policy().cuts() == 0);
  CHECK(Percentile(cluster.outcomes(Lane::kDecrypt).took, 50) < 45ms);
  CHECK(cluster.violation() == "");
}

TEST_CASE("Simulation: a random life of many events breaks no rule") {
  std::uint64_t events = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    const auto pick = [&](int below) {
      return static_cast<int>(random() % static_cast<unsigned>(below));
    };
    const std::size_t count = 1 + random() % 3;
    const bool shares = seed % 2 == 0;
    // Callers that share calls are served so much faster that they make as many events in less
    // time.
    const auto life = shares ? 12s : 60s;
    SimulatedCluster cluster({.most_items = shares ? 64UL : 1UL}, std::vector<SimulatedNode>(count),
                             seed);
    for (int load = 0; load < 3; ++load) {
      const auto lane = static_cast<Lane>(pick(2));
      if (pick(2) == 0) {
        cluster.Offer(
            SimulatedCluster::OpenLoad{.lane = lane,
                                       .per_second = 1.0 + pick(400),
                                       .budget = std::chrono::milliseconds(1 + pick(3000)),
                                       .leaving = pick(2) * 0.3,
                                       .shares = pick(4) > 0},
            life);
      } else {
        cluster.Offer(
            SimulatedCluster::ClosedLoad{
                .lane = lane,
                .callers = 1 + random() % 100,
                .budget = std::chrono::milliseconds(1 + pick(3000)),
                .leave_after = pick(3) == 0 ? std::optional<core::Duration>(5ms) : std::nullopt,
                .shares = pick(4) > 0},
            life);
      }
    }
    cluster.Offer(SimulatedCluster::OpenLoad{.lane = Lane::kProbe, .per_second = 1}, life);
    for (int change = 0; change < 20; ++change) {
      SimulatedNode node{.mode = static_cast<NodeMode>(pick(5)),
                         .latency = std::chrono::milliseconds(1 + pick(400)),
                         .workers = 1 + random() % 20};
      if (pick(2) == 0) node = {};
      cluster.Change(life * pick(1000) / 1000, random() % count, node);
    }
    cluster.RunDry();
    events += cluster.events();
    CHECK(cluster.violation() == "");
    for (const Lane lane : {Lane::kEncrypt, Lane::kDecrypt, Lane::kProbe}) {
      CHECK(cluster.outcomes(lane).answered() == cluster.outcomes(lane).submitted);
    }
  }
  CHECK(events > 500'000);
}

}  // namespace
}  // namespace baokms::tests
