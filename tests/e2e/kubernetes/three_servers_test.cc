// A rotation from the first look to the raised minimum, on three nodes whose kube-apiservers are
// written to and read from all along.
#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <string>

#include "tests/e2e/kubernetes/secret_traffic.h"

namespace baokms::e2e {
namespace {

// One after the other, each without clients: what it reads afterwards it has not seen before.
void RestartApiServers(ControlPlane& plane, SecretTraffic& traffic) {
  for (std::size_t node = 0; node < plane.nodes.size(); ++node) {
    const auto away = traffic.TakeAway(node);
    plane.nodes[node]->api.Restart();
  }
}

void RetireOn(ControlPlaneNode& node) {
  node.provider->process.Terminate();
  node.provider.reset();
  node.node.Apply({"retire-versions", "--before-version", "2"});
  node.provider.emplace(node.node.config);
}

// Whether it has read or written anything under this key_id since its start.
bool HasUsed(const testing::KubeApiServer& api, const std::string& key_id) {
  return api
      .Metric("apiserver_envelope_encryption_key_id_hash_total",
              {"key_id_hash=\"" + KeyIdHash(key_id) + "\""})
      .has_value();
}

TEST_CASE("Three API servers: a rotation to its end costs no read and no write") {
  if (SkippedWithoutControlPlane()) return;
  ControlPlane plane(3);
  plane.Begin(plane.WritersOnly());
  plane.Create("object");
  const std::string first = plane.provider->KeyId();
  SecretTraffic traffic(plane.nodes);
  TrafficPhases phases(traffic);
  std::this_thread::sleep_for(Milliseconds(10000));
  phases.End("before");

  plane.bench.setup.RotateKey();
  const std::string second = PromotedEverywhere(plane, first);
  phases.End("until every provider has promoted");

  std::vector<double> followed(plane.nodes.size());
  const auto promoted = std::chrono::steady_clock::now();
  SecondsUntil(Milliseconds(120000), [&] {
    std::this_thread::sleep_for(Milliseconds(100));
    for (std::size_t node = 0; node < followed.size(); ++node) {
      if (followed[node] == 0 && LastStatusWith(second, plane.nodes[node]->api) > 0) {
        followed[node] = SecondsSince(promoted);
        MESSAGE("API server " << node << " has the new key_id after " << followed[node] << " s");
      }
    }
    return std::ranges::count(followed, 0.0) == 0;
  });
  phases.End("until every API server has the new key_id");

  Json census = plane.Census();
  MESSAGE("objects under the old version: " << plane.EncryptedUnder(census, 1) << ", the new one: "
                                            << plane.EncryptedUnder(census, 2));
  CHECK(plane.EncryptedUnder(census, 1) > 0);
  const int replaced = plane.Rewrite();
  census = plane.Census();
  MESSAGE("rewritten: " << replaced
                        << "; now under the old version: " << plane.EncryptedUnder(census, 1)
                        << ", the new one: " << plane.EncryptedUnder(census, 2));
  phases.End("rewrite");
  REQUIRE(plane.EncryptedUnder(census, 1) == 0);
  REQUIRE(census.at("unreferencedVersions").size() == 1);
  CHECK(census.at("unreferencedVersions").at(0).at("transitVersion") == 1);

  RestartApiServers(plane, traffic);
  for (const auto& node : plane.nodes) CHECK_FALSE(HasUsed(node->api, first));
  phases.End("restart of each API server");
  for (const auto& node : plane.nodes) RetireOn(*node);
  phases.End("retirement on each node");
  plane.bench.setup.SetMinDecryptionVersion(2);
  RestartApiServers(plane, traffic);
  phases.End("minimum raised, restart of each API server");

  traffic.Stop();
  traffic.Take();
  traffic.ReadEverything();
  phases.End("every Secret through every API server");
  plane.CheckReadable();
  for (const auto& node : plane.nodes) {
    CHECK(node->api.Ready());
    CHECK(node->provider->Healthy());
    CHECK_FALSE(HasUsed(node->api, first));
    CHECK(VersionsIn(ReadState(node->node.config), "removed") == std::vector<int>{1});
  }
  census = plane.Census();
  CHECK(plane.EncryptedUnder(census, 1) == 0);
  CHECK(plane.EncryptedUnder(census, 2) == plane.Encrypted(census));
}

}  // namespace
}  // namespace baokms::e2e
