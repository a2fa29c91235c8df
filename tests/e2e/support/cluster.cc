#include "tests/e2e/support/cluster.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <thread>

#include "tests/support/go_files/go_state_file.h"

namespace baokms::e2e {

Node::Node(Bench& bench, Milliseconds interval) : config(bench.Config()), probe_interval(interval) {
  config.tree["openbao"]["timeout"] = "5s";  // a busy machine is no outage
  config.tree["status"] = {{"probeInterval", std::to_string(interval.count()) + "ms"},
                           {"deepProbeInterval", "1s"},
                           {"statusMaxStaleness", "10s"}};
  config.tree["rotation"] = {{"mode", "observed"},
                             {"activationDelay", std::to_string(kDelay.count()) + "ms"},
                             {"requireStableObservationCount", kObservations}};
  config.Write();
}

Cluster::Cluster(const std::vector<Milliseconds>& intervals) {
  for (const Milliseconds interval : intervals) {
    nodes.push_back(std::make_unique<Node>(bench, interval));
    nodes.back()->Start();
    // The probes of the nodes come at different times, as in a real cluster.
    std::this_thread::sleep_for(interval / static_cast<int>(intervals.size()));
  }
}

std::string Cluster::KeyIdOf(std::int64_t version, std::int64_t seconds_off) const {
  const testing::SetupOptions& names = bench.setup.options();
  const auto key = bench.setup.Admin("GET", names.transit_mount + "/keys/" + names.key_name);
  const Json& created = key.data().at("keys").at(std::to_string(version));
  return testing::GoKeyId(testing::IdentityOf(nodes.front()->config.tree), version,
                          created.get<std::int64_t>() + seconds_off);
}

void Cluster::Rotate() {
  bench.setup.RotateKey();
  REQUIRE(Reach(KeyIdOf(bench.setup.LatestVersion())));
}

bool Cluster::Reach(const std::string& key_id) const {
  return Eventually(Milliseconds(20000), [&] {
    return std::ranges::all_of(nodes, [&](const std::unique_ptr<Node>& node) {
      return !node->serving || node->KeyId() == key_id;
    });
  });
}

std::vector<std::string> Cluster::Sockets() const {
  std::vector<std::string> sockets;
  for (const auto& node : nodes) {
    if (node->serving) sockets.push_back(node->config.socket());
  }
  return sockets;
}

void CheckClean(const ClusterLoad::Figures& figures) {
  INFO(figures.first_fault);
  CHECK(figures.failures == 0);
  CHECK(figures.wrong == 0);
  CHECK(figures.encrypts > 0);
}

}  // namespace baokms::e2e
