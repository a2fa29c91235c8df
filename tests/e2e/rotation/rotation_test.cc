// Rotation as kube-apiserver and an operator see it (registry-and-rotation.md, "Rotation").
#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "tests/e2e/support/bench.h"

namespace baokms::e2e {
namespace {

bool Promotes(const Serving& provider, const std::string& from) {
  return Eventually(Milliseconds(15000), [&] {
    const testing::StatusAnswer status = provider.stub.Status();
    return status.healthz == "ok" && status.key_id != from;
  });
}

TEST_CASE("Rotation: under load the key_id changes once and no call fails") {
  Bench bench;
  const ProviderConfig config = bench.Config();
  Serving provider(config);
  const std::string before = provider.KeyId();
  const testing::SealedObject old = provider.Seal("old");

  std::atomic<bool> stop = false;
  std::atomic<int> calls = 0;
  std::atomic<int> failures = 0;
  std::atomic<int> flips = 0;
  const auto writer = [&] {
    const testing::KmsStub stub(config.socket());
    while (!stop) {
      const testing::EncryptAnswer sealed = stub.Encrypt("under load");
      const testing::DecryptAnswer opened = stub.Decrypt(sealed.sealed);
      const testing::DecryptAnswer opened_old = stub.Decrypt(old);
      calls += 3;
      failures += sealed.status.ok() ? 0 : 1;
      failures += opened.plaintext == "under load" ? 0 : 1;
      failures += opened_old.plaintext == "old" ? 0 : 1;
      std::this_thread::sleep_for(Milliseconds(5));
    }
  };
  const auto watcher = [&] {
    const testing::KmsStub stub(config.socket());
    std::string last = before;
    while (!stop) {
      const testing::StatusAnswer status = stub.Status();
      failures += status.healthz == "ok" ? 0 : 1;
      if (status.key_id != last) ++flips;
      last = status.key_id;
      std::this_thread::sleep_for(Milliseconds(10));
    }
  };
  std::vector<std::thread> threads;
  threads.emplace_back(writer);
  threads.emplace_back(writer);
  threads.emplace_back(watcher);
  std::this_thread::sleep_for(Milliseconds(300));
  bench.setup.RotateKey();
  const bool promoted = Promotes(provider, before);
  std::this_thread::sleep_for(Milliseconds(500));
  stop = true;
  for (std::thread& thread : threads) thread.join();

  CHECK(promoted);
  CHECK(calls > 50);
  CHECK(failures == 0);
  CHECK(flips == 1);
  CHECK(provider.Seal("new").ciphertext.starts_with("vault:v2:"));
  CHECK(provider.process.WaitLog("key.promoted", 1, Milliseconds(3000)));
  CHECK(provider.process.WaitLog("rotation.pending", 1, Milliseconds(3000)));
  const Json promotion = provider.process.LogLines("key.promoted").at(0);
  CHECK(promotion.at("level") == "INFO");
  CHECK(promotion.at("transit_key_version") == 2);
  CHECK(promotion.at("previous_transit_key_version") == 1);
}

TEST_CASE("Rotation: a node that lags decrypts what its peer already writes") {
  Bench bench;
  const ProviderConfig config_a = bench.Config();
  ProviderConfig config_b = bench.Config();
  config_b.tree["status"] = {
      {"probeInterval", "3s"}, {"deepProbeInterval", "60s"}, {"statusMaxStaleness", "9s"}};
  config_b.Write();
  Serving a(config_a);
  WriteStateFiles(config_b, ReadStateFiles(config_a));
  Serving b(config_b);
  const std::string before = a.KeyId();
  CHECK(b.KeyId() == before);

  bench.setup.RotateKey();
  REQUIRE(Promotes(a, before));
  const testing::SealedObject by_peer = a.Seal("written by the peer");
  CHECK(by_peer.key_id != before);
  CHECK(b.KeyId() == before);
  b.CheckOpens(by_peer, "written by the peer");
  CHECK(b.KeyId() == before);
  CHECK(b.Seal("mine").key_id == before);
  CHECK(VersionsIn(ReadState(config_b), "active") == std::vector<int>{1});
  CHECK(VersionsIn(ReadState(config_b), "pending") == std::vector<int>{2});

  REQUIRE(Promotes(b, before));
  CHECK(b.KeyId() == a.KeyId());
  a.CheckOpens(b.Seal("from b"), "from b");
}

TEST_CASE("Rotation: min_encryption raised blocks Encrypt until the promotion and never Decrypt") {
  Bench bench;
  ProviderConfig config = bench.Config();
  config.tree["rotation"]["activationDelay"] = "3s";
  config.Write();
  const Serving provider(config);
  const std::string before = provider.KeyId();
  const testing::SealedObject old = provider.Seal("old");
  bench.setup.RotateKey();
  bench.setup.SetMinEncryptionVersion(2);

  REQUIRE(Eventually(Milliseconds(3000), [&] { return !provider.Healthy(); }));
  const testing::StatusAnswer status = provider.stub.Status();
  CHECK(status.status.ok());
  CHECK(status.healthz == "unhealthy");
  CHECK(status.key_id.empty());
  CHECK(provider.stub.Encrypt("x").status.code == static_cast<int>(Code::kFailedPrecondition));
  provider.CheckOpens(old, "old");
  const Json ready = provider.Ready();
  CHECK(ready.at("status") == "unavailable");
  CHECK(ready.at("reasons").dump().find("encryption_blocked") != std::string::npos);

  REQUIRE(Promotes(provider, before));
  CHECK(provider.Seal("new").ciphertext.starts_with("vault:v2:"));
  provider.CheckOpens(old, "old");
}

TEST_CASE("Rotation: a kill while pending postpones the promotion and loses nothing") {
  Bench bench;
  ProviderConfig config = bench.Config();
  config.tree["rotation"]["activationDelay"] = "2s";
  config.Write();
  std::string before;
  testing::SealedObject old;
  {
    Serving provider(config);
    before = provider.KeyId();
    old = provider.Seal("old");
    bench.setup.RotateKey();
    REQUIRE(Eventually(Milliseconds(5000), [&] {
      return VersionsIn(ReadState(config), "pending") == std::vector<int>{2};
    }));
    provider.process.Kill();
  }
  const Serving again(config);
  CHECK(again.KeyId() == before);
  again.CheckOpens(old, "old");
  REQUIRE(Promotes(again, before));
  again.CheckOpens(old, "old");
  CHECK(VersionsIn(ReadState(config), "retired") == std::vector<int>{1});
}

TEST_CASE("Rotation: versions that were skipped or superseded still decrypt") {
  Bench bench;
  ProviderConfig config = bench.Config();
  config.tree["rotation"]["activationDelay"] = "1s";
  config.Write();
  const Serving provider(config);
  const std::string before = provider.KeyId();
  bench.setup.RotateKey();
  bench.setup.RotateKey();
  REQUIRE(Eventually(Milliseconds(5000),
                     [&] { return !VersionsIn(ReadState(config), "pending").empty(); }));
  bench.setup.RotateKey();
  REQUIRE(Promotes(provider, before));
  REQUIRE(Eventually(Milliseconds(10000), [&] {
    return VersionsIn(ReadState(config), "active") == std::vector<int>{4};
  }));
  CHECK(VersionsIn(ReadState(config), "retired") == std::vector<int>{1, 2, 3});
  CHECK(provider.Healthy());
}

TEST_CASE("Rotation: state files changed by another hand are never overwritten") {
  Bench bench;
  const ProviderConfig config = bench.Config();
  const Serving provider(config);
  const StateFiles other{.state = "{}\n", .checkpoint = ReadStateFiles(config).checkpoint};
  WriteStateFiles(config, other);
  bench.setup.RotateKey();
  REQUIRE(Eventually(Milliseconds(5000), [&] { return !provider.Healthy(); }));
  CHECK(provider.Ready().at("reasons").dump().find("state_save_failed") != std::string::npos);
  std::this_thread::sleep_for(Milliseconds(500));
  CHECK(ReadStateFiles(config) == other);
}

TEST_CASE("Faults: an older backup of OpenBao makes Status unhealthy and changes no file") {
  Bench bench;
  const ProviderConfig config = bench.Config();
  const Serving provider(config);
  const std::string before = provider.KeyId();
  bench.setup.RotateKey();
  REQUIRE(Promotes(provider, before));
  const StateFiles files = ReadStateFiles(config);
  const testing::SetupOptions& names = bench.setup.options();
  const auto reply = SharedEmulator().emulator().Control(
      "POST", "transit/roll-back",
      {{"mount", names.transit_mount}, {"key", names.key_name}, {"latest_version", 1}});
  REQUIRE(reply.status < 300);
  REQUIRE(Eventually(Milliseconds(3000), [&] { return !provider.Healthy(); }));
  CHECK(provider.Ready().at("reasons").dump().find("version_rollback") != std::string::npos);
  CHECK(ReadStateFiles(config) == files);
}

}  // namespace
}  // namespace baokms::e2e
