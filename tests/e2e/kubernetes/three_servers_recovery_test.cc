// State files lost on one, two and all three nodes of a cluster whose kube-apiservers are written
// to and read from all along, and on one node amid a rotation.
#include <doctest/doctest.h>

#include <mutex>
#include <shared_mutex>
#include <string>
#include <vector>

#include "tests/e2e/kubernetes/secret_traffic.h"
#include "tests/e2e/support/lost_state.h"

namespace baokms::e2e {
namespace {

using Lock = std::unique_lock<std::shared_mutex>;

void StopProvider(ControlPlaneNode& node) {
  node.provider->process.Kill();
  node.provider.reset();
}

// With a kube-apiserver that remembers nothing.
void StartBoth(ControlPlaneNode& node) {
  node.provider.emplace(node.node.config);
  node.api.Restart();
}

// Takes `lost` nodes away from the clients, loses their files, and makes them anew by a census.
void LoseAndRecover(ControlPlane& plane, SecretTraffic& traffic, std::size_t lost) {
  std::vector<Lock> away;
  for (std::size_t at = 0; at < lost; ++at) {
    away.push_back(traffic.TakeAway(at));
    StopProvider(*plane.nodes[at]);
    LoseFiles(plane.nodes[at]->node.config);
  }
  const std::string census = plane.Census().dump();
  for (std::size_t at = 0; at < lost; ++at) {
    const ProviderConfig& config = plane.nodes[at]->node.config;
    const std::string evidence = config.directory().File("census.json");
    testing::WriteWholeFile(evidence, census, 0640);
    const Json applied = Recover(config, {"--evidence", evidence});
    CHECK(applied.at("activeTransitVersion") == 2);
    for (const Json& version : applied.at("versions")) CHECK(version.at("objects").get<int>() >= 3);
  }
  for (std::size_t at = 0; at < lost; ++at) StartBoth(*plane.nodes[at]);
}

void DelayActivation(ControlPlane& plane, SecretTraffic& traffic, const std::string& delay) {
  for (std::size_t at = 0; at < plane.nodes.size(); ++at) {
    const Lock away = traffic.TakeAway(at);
    ControlPlaneNode& node = *plane.nodes[at];
    node.provider->process.Terminate();
    node.provider.reset();
    node.node.config.tree["rotation"]["activationDelay"] = delay;
    node.node.config.Write();
    node.provider.emplace(node.node.config);
  }
}

TEST_CASE("Three API servers: state lost on one and two and all three nodes costs no object") {
  if (SkippedWithoutControlPlane()) return;
  ControlPlane plane(3);
  plane.Begin(plane.WritersOnly());
  plane.Create("first");
  const std::string first = plane.provider->KeyId();
  plane.bench.setup.RotateKey();
  const std::string second = PromotedEverywhere(plane, first);
  for (const auto& node : plane.nodes) {
    node->api.Restart();
  }
  plane.Create("second");
  LetPeersSee(Milliseconds(200));

  SecretTraffic traffic(plane.nodes);
  TrafficPhases phases(traffic);
  for (std::size_t lost = 1; lost <= plane.nodes.size(); ++lost) {
    CAPTURE(lost);
    std::this_thread::sleep_for(Milliseconds(3000));
    LoseAndRecover(plane, traffic, lost);
    for (const auto& node : plane.nodes) CHECK(node->provider->KeyId() == second);
    plane.CheckReadable();
    phases.End("lost and recovered on " + std::to_string(lost));
  }

  DelayActivation(plane, traffic, "20s");
  phases.End("restarts with a longer delay");
  plane.bench.setup.RotateKey();
  REQUIRE(Eventually(Milliseconds(10000), [&] {
    return VersionsIn(ReadState(plane.node.config), "pending") == std::vector{3};
  }));
  {
    const Lock away = traffic.TakeAway(2);
    ControlPlaneNode& node = *plane.nodes[2];
    StopProvider(node);
    LoseFiles(node.node.config);
    LetPeersSee(Milliseconds(200));
    const std::string peer = node.node.config.directory().File("peer.json");
    testing::WriteWholeFile(peer, ReadStateFiles(plane.node.config).state, 0640);
    CHECK(Recover(node.node.config, {"--peer-state", peer}).at("activeTransitVersion") == 3);
    StartBoth(node);
  }
  // It writes under the new version, and its peers, which have not promoted it, read that.
  CHECK(plane.nodes[2]->provider->KeyId() != second);
  CHECK(plane.provider->KeyId() == second);
  plane.Create("by-the-recovered", plane.nodes[2]->api);
  plane.CheckReadable();
  phases.End("lost amid a rotation");
  PromotedEverywhere(plane, second);

  traffic.Stop();
  traffic.Take();
  for (const auto& node : plane.nodes) {
    node->api.Restart();
  }
  traffic.ReadEverything();
  phases.End("every Secret through every API server");
  plane.CheckReadable();
  CHECK(ControlPlane::Plaintext(plane.Census()) == 0);
}

}  // namespace
}  // namespace baokms::e2e
