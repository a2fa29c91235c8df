// What OpenBao's policy, or something in front of OpenBao, denies (request-scheduling.md,
// "Denials").
#include <doctest/doctest.h>

#include <string>
#include <thread>

#include "tests/e2e/support/bench.h"

namespace baokms::e2e {
namespace {

using std::chrono::steady_clock;

// The least-privilege policy without the read of the mount's configuration.
std::string PolicyWithoutMountConfiguration(const Bench& bench) {
  const testing::SetupOptions& names = bench.setup.options();
  const std::string rule =
      "path \"" + names.transit_mount + "/config/keys\" { capabilities = [\"read\"] }\n";
  std::string policy = bench.setup.LeastPrivilegePolicy({names.key_name});
  const std::size_t at = policy.find(rule);
  REQUIRE(at != std::string::npos);
  return policy.erase(at, rule.size());
}

ProviderConfig SteadyConfig(Bench& bench) {
  // The long timeout: a busy machine is no outage.
  return PacedConfig(bench,
                     {.timeout = "5s", .probe = "1s", .deep_probe = "60s", .staleness = "10s"});
}

TEST_CASE("Denials: a probe that the policy denies costs no Decrypt its token") {
  Bench bench;
  const ProviderConfig config = SteadyConfig(bench);
  Serving provider(config);
  const testing::SealedObject sealed = provider.Seal("before");
  bench.setup.SetPolicy(PolicyWithoutMountConfiguration(bench));
  const auto end = steady_clock::now() + std::chrono::seconds(12);
  int failed = 0;
  int asked = 0;
  for (; steady_clock::now() < end; ++asked) {
    const testing::DecryptAnswer answer = provider.stub.Decrypt(sealed);
    failed += answer.status.ok() && answer.plaintext == "before" ? 0 : 1;
    std::this_thread::sleep_for(Milliseconds(250));
  }
  CHECK(asked > 20);
  CHECK_MESSAGE(failed == 0, failed, " of ", asked);
  CHECK_FALSE(provider.Healthy());
  CHECK(provider.Ready().value("metadata_error_class", "") == "transit_policy_denied");
  // At the start, for the denial, and what its throttle allows in this time: 5 s and 10 s.
  CHECK(Logins(provider.process) <= 4);
  bench.setup.SetPolicy();
  CHECK(Eventually(Milliseconds(40000), [&] { return provider.Healthy(); }));
  provider.CheckRoundTrip();
}

TEST_CASE("Faults: a 403 or 401 of something in front of OpenBao costs neither token nor login") {
  for (const int status : {403, 401}) {
    CAPTURE(status);
    Bench bench;
    const ProviderConfig config = SteadyConfig(bench);
    Serving provider(config);
    const testing::SealedObject sealed = provider.Seal("before");
    const double logins = Logins(provider.process);
    for (const char* operation : {"transit_decrypt", "transit_metadata_read"}) {
      SharedEmulator().QueueFault({{"operation", operation},
                                   {"path_contains", bench.setup.options().key_name},
                                   {"count", -1},
                                   {"status", status},
                                   {"headers", {{"Content-Type", "text/html"}}},
                                   {"body", "<html>blocked</html>"}});
    }
    const auto end = steady_clock::now() + std::chrono::seconds(3);
    while (steady_clock::now() < end) {
      CHECK(provider.stub.Decrypt(sealed).status.code == static_cast<int>(Code::kUnavailable));
      std::this_thread::sleep_for(Milliseconds(100));
    }
    SharedEmulator().emulator().ClearFaults();
    provider.CheckOpens(sealed, "before");  // at once
    CHECK(Logins(provider.process) == logins);
    CHECK(provider.process.Metric("openbao_kms_token_ttl_seconds").value_or(0) > 0);
  }
}

}  // namespace
}  // namespace baokms::e2e
