// min_decryption_version raised while nodes still record older versions
// (registry-and-rotation.md, "Transit metadata profile").
#include <doctest/doctest.h>

#include <thread>

#include "tests/e2e/support/cluster.h"
#include "tests/e2e/support/operator_node.h"

namespace baokms::e2e {
namespace {

constexpr const char* kDegraded = "retired_version_undecryptable";

Json Reasons(const Serving& provider) { return provider.Ready().at("reasons"); }

bool BecomesDegraded(const Serving& provider) {
  return Eventually(Milliseconds(5000), [&] { return Reasons(provider) == Json{kDegraded}; });
}

double NewestUndecryptable(const Serving& provider) {
  return provider.process.Metric("openbao_kms_retired_version_undecryptable").value_or(-1);
}

// Everything but the objects of the versions below the minimum works.
void CheckServes(const Serving& provider, double newest_undecryptable) {
  CHECK(provider.Healthy());
  CHECK(provider.process.Health("/ready").status == 200);
  CHECK(NewestUndecryptable(provider) == newest_undecryptable);
  provider.CheckRoundTrip();
}

// OpenBao refuses it; the key_id is known, so nothing is looked for.
void CheckLost(const Serving& provider, const testing::SealedObject& object) {
  CHECK(provider.stub.Decrypt(object).status.code == static_cast<int>(Code::kInvalidArgument));
}

void TrimBelow(Bench& bench, int version) {
  bench.setup.SetMinEncryptionVersion(version);
  bench.setup.Trim(version);
}

TEST_CASE("Rotation: a minimum raised above a retired version costs its objects and nothing else") {
  Bench bench;
  const ProviderConfig config = bench.Config();
  testing::SealedObject old;
  testing::SealedObject newer;
  {
    Serving provider(config);
    old = provider.Seal("old");
    RotateAndPromote(bench, provider);
    newer = provider.Seal("newer");

    bench.setup.SetMinDecryptionVersion(2);
    REQUIRE(BecomesDegraded(provider));
    // Many probes long.
    for (int i = 0; i < 20; ++i) {
      CheckServes(provider, 1);
      provider.CheckOpens(newer, "newer");
      std::this_thread::sleep_for(Milliseconds(100));
    }
    CheckLost(provider, old);
    const auto told = provider.process.LogLines("key.retired_undecryptable");
    REQUIRE(told.size() == 1);
    CHECK(told[0].at("level") == "WARN");
    CHECK(told[0].at("reason") == kDegraded);
    CHECK(told[0].at("transit_key_versions") == "1");

    bench.setup.SetMinDecryptionVersion(1);
    CHECK(provider.process.WaitLog("key.retired_decryptable"));
    CHECK(Reasons(provider) == Json::array());
    CheckServes(provider, 0);
    provider.CheckOpens(old, "old");

    bench.setup.SetMinDecryptionVersion(2);
    REQUIRE(BecomesDegraded(provider));
    RotateAndPromote(bench, provider);
    CheckServes(provider, 1);
    provider.CheckOpens(newer, "newer");
  }
  for (const bool trimmed : {false, true}) {
    CAPTURE(trimmed);
    if (trimmed) TrimBelow(bench, 2);
    const Serving again(config);
    REQUIRE(BecomesDegraded(again));
    CheckServes(again, 1);
    again.CheckOpens(newer, "newer");
    CheckLost(again, old);
    RotateAndPromote(bench, again);
    CheckServes(again, 1);
    CHECK(VersionsIn(ReadState(config), "retired").front() == 1);  // nothing is forgotten
  }
}

TEST_CASE(
    "Rotation: a minimum above the active version makes Status unhealthy until it is lowered") {
  Bench bench;
  ProviderConfig config = bench.Config();
  config.tree["rotation"]["activationDelay"] = "60s";
  config.Write();
  const Serving provider(config);
  const testing::SealedObject old = provider.Seal("old");
  bench.setup.RotateKey();
  REQUIRE(Eventually(Milliseconds(5000), [&] {
    return VersionsIn(ReadState(config), "pending") == std::vector<int>{2};
  }));
  bench.setup.SetMinDecryptionVersion(2);
  REQUIRE(Eventually(Milliseconds(3000), [&] { return !provider.Healthy(); }));
  CHECK(Reasons(provider).dump().contains("metadata_unverified"));
  CHECK(provider.stub.Encrypt("x").status.code == static_cast<int>(Code::kFailedPrecondition));
  CHECK(VersionsIn(ReadState(config), "active") == std::vector<int>{1});
  bench.setup.SetMinDecryptionVersion(1);
  CHECK(Eventually(Milliseconds(5000), [&] { return provider.Healthy(); }));
  provider.CheckOpens(old, "old");
}

TEST_CASE("Rotation: a key that was made anew is refused at once whatever its minimum hides") {
  Bench bench;
  const ProviderConfig config = bench.Config();
  Serving provider(config);
  RotateAndPromote(bench, provider);
  const StateFiles files = ReadStateFiles(config);
  bench.setup.DeleteKey();
  std::this_thread::sleep_for(Milliseconds(1100));  // creation times are whole seconds
  bench.setup.CreateKey();
  bench.setup.RotateKey();
  bench.setup.SetMinDecryptionVersion(2);
  const auto refused = [&] { return Reasons(provider).dump().contains("metadata_unverified"); };
  REQUIRE(Eventually(Milliseconds(10000), refused));
  CHECK_FALSE(provider.Healthy());
  CHECK(provider.stub.Encrypt("x").status.code == static_cast<int>(Code::kFailedPrecondition));
  CHECK(ReadStateFiles(config) == files);
  CHECK(provider.process.LogLines("key.retired_undecryptable").empty());
}

// A stopped node with version 2 active and version 1 retired, a key with version 3, and a minimum
// of 2.
struct RaisedTooEarly {
  // `pending`: the node has seen version 3.
  explicit RaisedTooEarly(bool pending) : node(bench) {
    {
      const Serving provider(node.config);
      old = provider.Seal("old");
      RotateAndPromote(bench, provider);
      newer = provider.Seal("newer");
    }
    bench.setup.RotateKey();
    if (pending) {
      node.config.tree["rotation"]["activationDelay"] = "60s";
      node.config.Write();
      const Serving provider(node.config);
      REQUIRE(Eventually(Milliseconds(5000), [&] {
        return VersionsIn(ReadState(node.config), "pending") == std::vector<int>{3};
      }));
    }
    bench.setup.SetMinDecryptionVersion(2);
  }
  Bench bench;
  OperatorNode node;
  testing::SealedObject old;
  testing::SealedObject newer;
};

TEST_CASE("Retire: below a raised minimum it does not wait for a newer version") {
  for (const bool pending : {false, true}) {
    for (const bool trimmed : {false, true}) {
      CAPTURE(pending);
      CAPTURE(trimmed);
      RaisedTooEarly raised(pending);
      if (trimmed) TrimBelow(raised.bench, 2);
      const ProviderConfig& config = raised.node.config;
      const Json change = raised.node.Apply({"retire-versions", "--before-version", "2"});
      CHECK(change.at("removedVersions").size() == 1);
      CHECK(VersionsIn(ReadState(config), "removed") == std::vector<int>{1});
      CHECK(VersionsIn(ReadState(config), "active") == std::vector<int>{2});
      CHECK(VersionsIn(ReadState(config), "pending").size() == (pending ? 1 : 0));

      raised.node.config.tree["rotation"]["activationDelay"] = "1ms";
      raised.node.config.Write();
      const Serving provider(config);
      CheckServes(provider, 0);
      CHECK(Reasons(provider) == Json::array());
      provider.CheckOpens(raised.newer, "newer");
      CHECK(provider.stub.Decrypt(raised.old).status.code == static_cast<int>(Code::kNotFound));
      CHECK(Eventually(Milliseconds(10000), [&] {
        return VersionsIn(ReadState(config), "active") == std::vector<int>{3};
      }));
      CHECK(provider.Healthy());
    }
  }
}

TEST_CASE("Several nodes: a minimum raised above a retired version fails no call of newer ones") {
  Cluster cluster({Milliseconds(300), Milliseconds(300), Milliseconds(300)});
  const testing::SealedObject old = cluster[0].serving->Seal("old");
  cluster.Rotate();
  ClusterLoad load({.sockets = cluster.Sockets()});
  std::this_thread::sleep_for(Milliseconds(500));
  cluster.bench.setup.SetMinDecryptionVersion(2);
  for (const auto& node : cluster.nodes) REQUIRE(BecomesDegraded(*node->serving));
  cluster.Rotate();
  TrimBelow(cluster.bench, 2);
  cluster.Rotate();
  // Retired node by node, without any harm to the others.
  for (const auto& node : cluster.nodes) CheckServes(*node->serving, 1);
  std::this_thread::sleep_for(Milliseconds(500));
  load.Stop();
  CheckClean(load.figures());
  MESSAGE(cluster.bench.openbao().name() << ": " << load.figures().operations() << " operations, "
                                         << load.figures().failures << " failures");
}

}  // namespace
}  // namespace baokms::e2e
