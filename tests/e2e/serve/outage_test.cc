// OpenBao goes away while the provider serves, and comes back.
#include <doctest/doctest.h>

#include <algorithm>
#include <thread>
#include <utility>
#include <vector>

#include "tests/e2e/support/bench.h"

namespace baokms::e2e {
namespace {

ProviderConfig CalmConfig(Bench& bench) {
  return PacedConfig(bench, {.probe = "2s", .deep_probe = "60s", .staleness = "8s"});
}

constexpr int kAway = static_cast<int>(Code::kUnavailable);
constexpr int kStale = static_cast<int>(Code::kFailedPrecondition);

// What Encrypt answers in an outage depends on whether a probe has noticed it.
void CheckUnavailableOrStale(const testing::CallStatus& status) {
  CHECK_MESSAGE((status.code == kAway || status.code == kStale), status.code);
}

TEST_CASE("Outage: sealed and unsealed again without a restart") {
  Bench bench;
  const ProviderConfig config = CalmConfig(bench);
  Serving provider(config);
  const std::string key_id = provider.KeyId();
  const testing::SealedObject sealed = provider.Seal("before");
  bench.openbao().Seal();
  const testing::DecryptAnswer refused = provider.stub.Decrypt(sealed);
  CHECK(refused.status.code == kAway);
  CheckUnavailableOrStale(provider.stub.Encrypt("x").status);
  CHECK(Eventually(Milliseconds(5000), [&] { return !provider.Healthy(); }));
  const Json ready = provider.Ready();
  CHECK(ready.at("metadata_error_class") == "openbao_sealed");
  bench.openbao().Unseal();
  CHECK(Eventually(Milliseconds(40000), [&] { return provider.Healthy(); }));
  CHECK(provider.KeyId() == key_id);
  provider.CheckOpens(sealed, "before");
  provider.CheckRoundTrip();
}

TEST_CASE("Outage: unreachable long enough to open the breaker and back again") {
  UseRaftStorage();
  Bench bench;
  const ProviderConfig config = bench.Config();
  Serving provider(config);
  const std::string key_id = provider.KeyId();
  const testing::SealedObject sealed = provider.Seal("before");
  bench.openbao().Stop();
  // A connection that is just being closed may still answer once.
  CHECK(Eventually(Milliseconds(1000),
                   [&] { return provider.stub.Decrypt(sealed).status.code == kAway; }));
  CheckUnavailableOrStale(provider.stub.Encrypt("x").status);
  REQUIRE(Eventually(Milliseconds(5000), [&] { return !provider.Healthy(); }));
  const testing::StatusAnswer status = provider.stub.Status();
  CHECK(status.healthz == "unhealthy");
  CHECK(status.key_id.empty());
  CHECK(provider.stub.Encrypt("x").status.code == kStale);
  CHECK(Eventually(Milliseconds(5000), [&] {
    return provider.process.Metric("openbao_kms_circuit_breaker_state") == 1.0;
  }));
  CHECK(provider.process.Health("/live").status == 200);
  CHECK(provider.process.Health("/ready").status == 503);

  bench.openbao().Start();
  CHECK(Eventually(Milliseconds(3000), [&] { return provider.stub.Decrypt(sealed).status.ok(); }));
  REQUIRE(Eventually(Milliseconds(3000), [&] { return provider.Healthy(); }));
  CHECK(provider.KeyId() == key_id);
  CHECK(provider.process.Metric("openbao_kms_circuit_breaker_state") == 0.0);
  // The reason in the log stays the probe's own.
  for (const Json& line : provider.process.LogLines("status.probe")) {
    CHECK(line.value("reason", "") != "circuit_breaker_open");
  }
  provider.CheckRoundTrip();
}

// Failed ones, of the log's lines on metadata probes.
std::ptrdiff_t FailedProbes(const Serving& provider) {
  return std::ranges::count_if(provider.process.LogLines("status.probe"), [](const Json& line) {
    return line.value("reason", "") == "metadata_read_failed";
  });
}

TEST_CASE("Faults: Status outlives one failed probe and is unhealthy a second after the next") {
  Bench bench;
  const ProviderConfig config = PacedConfig(
      bench, {.timeout = "1s", .probe = "10s", .deep_probe = "60s", .staleness = "60s"});
  Serving provider(config);
  const auto hang = [&] {
    SharedEmulator().QueueFault({{"operation", "transit_metadata_read"},
                                 {"path_contains", bench.setup.options().key_name},
                                 {"delay_ms", 1500},
                                 {"count", -1}});
  };
  hang();
  REQUIRE(Eventually(Milliseconds(20000), [&] { return FailedProbes(provider) == 1; }));
  CHECK(provider.Healthy());
  SharedEmulator().emulator().ClearFaults();
  std::this_thread::sleep_for(Milliseconds(3000));  // past the repeat
  CHECK(provider.Healthy());
  CHECK(FailedProbes(provider) == 1);

  hang();
  REQUIRE(Eventually(Milliseconds(20000), [&] { return FailedProbes(provider) == 2; }));
  CHECK(Eventually(Milliseconds(3000), [&] { return !provider.Healthy(); }));
  CHECK(FailedProbes(provider) == 3);
  SharedEmulator().emulator().ClearFaults();
  CHECK(Eventually(Milliseconds(4000), [&] { return provider.Healthy(); }));
}

// Nothing would be probed for a long time.
ProviderConfig SlowConfig(Bench& bench) {
  return PacedConfig(bench,
                     {.timeout = "1s", .probe = "10s", .deep_probe = "60s", .staleness = "11s"});
}

TEST_CASE("Outage: one good Decrypt after it lets Encrypt work within a second") {
  UseRaftStorage();
  Bench bench;
  const ProviderConfig config = SlowConfig(bench);
  Serving provider(config);
  const testing::SealedObject sealed = provider.Seal("before");
  bench.openbao().Stop();
  // Past statusMaxStaleness; a probe failed in it.
  REQUIRE(Eventually(Milliseconds(20000),
                     [&] { return Says(provider.Ready().at("reasons").dump(), "status_stale"); }));
  CHECK(provider.stub.Encrypt("x").status.code == kStale);
  bench.openbao().Start();
  REQUIRE(
      Eventually(Milliseconds(3000), [&] { return provider.stub.Decrypt(sealed).status.ok(); }));
  CHECK(Eventually(Milliseconds(1000), [&] { return provider.stub.Encrypt("x").status.ok(); }));
  CHECK(provider.Healthy());
}

TEST_CASE("Outage: a policy that comes back makes Status healthy with the first Decrypt") {
  Bench bench;
  const ProviderConfig config = SlowConfig(bench);
  Serving provider(config);
  const testing::SealedObject sealed = provider.Seal("before");
  bench.setup.SetPolicy(bench.setup.LeastPrivilegePolicy({}));
  REQUIRE(Eventually(Milliseconds(20000), [&] { return !provider.Healthy(); }));
  CHECK(provider.stub.Decrypt(sealed).status.code == static_cast<int>(Code::kPermissionDenied));
  bench.setup.SetPolicy();
  provider.CheckOpens(sealed, "before");
  CHECK(Eventually(Milliseconds(1000), [&] { return provider.Healthy(); }));
  provider.CheckRoundTrip();
}

TEST_CASE("Outage: whatever is asked meanwhile the log has ten lines a second of each kind") {
  UseRaftStorage();
  Bench bench;
  const ProviderConfig config = CalmConfig(bench);
  Serving provider(config);
  const testing::SealedObject sealed = provider.Seal("before");
  bench.openbao().Stop();
  const auto began = std::chrono::steady_clock::now();
  const auto end = began + std::chrono::seconds(3);
  std::vector<std::thread> callers;
  for (int i = 0; i < 64; ++i) {
    callers.emplace_back([&] {
      const testing::KmsStub stub(config.socket());
      while (std::chrono::steady_clock::now() < end) {
        stub.Decrypt(sealed);
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  bench.openbao().Start();
  CHECK(Eventually(Milliseconds(5000), [&] { return provider.stub.Decrypt(sealed).status.ok(); }));
  CHECK(provider.process.Terminate().has_value());
  const auto took =
      std::chrono::ceil<std::chrono::seconds>(std::chrono::steady_clock::now() - began).count();
  double suppressed = 0;
  for (const char* message : {"kms.request", "openbao.request"}) {
    const auto lines = provider.process.LogLines(message);
    CHECK(std::cmp_less_equal(lines.size(), 10 * (took + 1)));
    CHECK(lines.size() >= 10);
    for (const Json& line : lines) suppressed += line.value("suppressed", 0);
  }
  for (const Json& line : provider.process.LogLines("serve.shutdown")) {
    suppressed += line.value("suppressed", 0);
  }
  CHECK(suppressed > 50);  // most calls wait until their deadline
}

TEST_CASE("Outage: a mount that begins to create keys makes Status unhealthy until it stops") {
  Bench bench;
  const ProviderConfig config = bench.Config();
  Serving provider(config);
  const testing::SealedObject sealed = provider.Seal("before");
  bench.setup.SetDisableUpsert(false);
  REQUIRE(Eventually(Milliseconds(3000), [&] { return !provider.Healthy(); }));
  CHECK(provider.Ready().at("reasons").dump().find("upsert_allowed") != std::string::npos);
  provider.CheckOpens(sealed, "before");
  bench.setup.SetDisableUpsert(true);
  CHECK(Eventually(Milliseconds(5000), [&] { return provider.Healthy(); }));
}

TEST_CASE("Outage: a key that becomes deletable makes Status unhealthy until it is not") {
  Bench bench;
  const ProviderConfig config = bench.Config();
  Serving provider(config);
  bench.setup.ConfigureKey({{"deletion_allowed", true}});
  REQUIRE(Eventually(Milliseconds(3000), [&] { return !provider.Healthy(); }));
  CHECK(provider.Ready().at("reasons").dump().find("profile_invalid") != std::string::npos);
  bench.setup.ConfigureKey({{"deletion_allowed", false}});
  CHECK(Eventually(Milliseconds(5000), [&] { return provider.Healthy(); }));
}

}  // namespace
}  // namespace baokms::e2e
