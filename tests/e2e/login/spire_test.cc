// Logins with the SVIDs of a real SPIRE server and agent (auth.md, "source spiffe",
// "adapters/spiffe X.509-SVID").
#include <doctest/doctest.h>

#include <optional>

#include "tests/e2e/support/cluster.h"
#include "tests/e2e/support/svid_login.h"
#include "tests/support/harness/spire_under_test.h"
#include "tests/support/skip.h"

namespace baokms::e2e {
namespace {

using testing::SpireEntry;
using testing::SpireUnderTest;

bool SkippedWithoutSpire() {
  return !testing::HasSpire() && testing::SaySkipped(testing::HowToGetSpire());
}

SvidAgent AgentOf(const SpireUnderTest& spire, const SpireEntry& entry) {
  return {.socket = "unix://" + spire.agent_socket(), .spiffe_id = spire.IdOf(entry)};
}

TEST_CASE("SPIRE: a JWT-SVID of SPIRE's keys logs in through JWT auth") {
  if (SkippedWithoutSpire()) return;
  SpireUnderTest spire;
  const SpireEntry entry{.path = "/kms"};
  spire.CreateEntry(entry);
  Bench bench;
  ProviderConfig config = bench.Config();
  const std::vector<std::string> keys = spire.jwt_key_pems();
  REQUIRE_FALSE(keys.empty());
  UseJwtSvid(config, MountJwtAuth(bench, keys, spire.IdOf(entry)), AgentOf(spire, entry));
  Serving provider(config);
  provider.CheckRoundTrip();
  CHECK(Logins(provider.process, "ok") == 1);
}

TEST_CASE("SPIRE: an entry with a DNS name logs in through cert auth and rotates under load") {
  if (SkippedWithoutSpire()) return;
  SpireUnderTest spire;
  // Of two entries for this process, the configured one counts.
  spire.CreateEntry({.path = "/other"});
  const SpireEntry entry{
      .path = "/kms", .dns_name = "kms.example.org", .x509_ttl = std::chrono::seconds(20)};
  spire.CreateEntry(entry);
  Bench bench;
  ProviderConfig config = bench.Config();
  UseX509Svid(config,
              MountCertAuth(bench, spire.bundle_pem(), "spiffe://example.org/kms",
                            {{"token_ttl", "6s"}, {"token_max_ttl", "120s"}}),
              AgentOf(spire, entry));
  config.tree["auth"]["loginBeforeTokenExpiry"] = "4s";
  config.tree["auth"]["tokenRenewalIncrement"] = "6s";
  config.Write();
  Serving provider(config);
  ClusterLoad load({.sockets = {config.socket()}});
  // Renewed while the leaf is the same, logged in again once SPIRE has rotated it.
  CHECK(Eventually(Milliseconds(60000), [&] { return Logins(provider.process, "ok") >= 3; }));
  load.Stop();
  CheckClean(load.figures());
  MESSAGE("operations: " << load.figures().operations());
  // Away and back: the last SVID serves meanwhile.
  spire.StopAgent();
  provider.CheckRoundTrip();
  spire.StartAgent();
  const double before = Logins(provider.process, "ok");
  CHECK(Eventually(Milliseconds(60000), [&] { return Logins(provider.process, "ok") > before; }));
  CHECK(Eventually(Milliseconds(20000), [&] { return provider.Healthy(); }));
  provider.CheckRoundTrip();
}

TEST_CASE("SPIRE: an entry without a DNS name is refused by cert auth and the start says why") {
  if (SkippedWithoutSpire()) return;
  SpireUnderTest spire;
  const SpireEntry entry{.path = "/kms"};
  spire.CreateEntry(entry);
  Bench bench;
  ProviderConfig config = bench.Config();
  UseX509Svid(config, MountCertAuth(bench, spire.bundle_pem(), "spiffe://example.org/kms"),
              AgentOf(spire, entry));
  config.tree["bootstrap"]["graceTimeout"] = "0s";
  config.Write();
  ProviderProcess provider(config);
  const std::string line = CheckExits(provider, 5);
  CAPTURE(line);
  CHECK(line.find("no Common Name") != std::string::npos);
  const Json login = provider.LogLines("auth.login").at(0);
  CHECK(login.at("status") == "auth_failed");
  CHECK(login.at("error_class") == "auth_failed");
}

TEST_CASE("SPIRE: a process without an entry is told to get one") {
  if (SkippedWithoutSpire()) return;
  SpireUnderTest spire;
  Bench bench;
  ProviderConfig config = bench.Config();
  UseX509Svid(config, MountCertAuth(bench, spire.bundle_pem(), "spiffe://example.org/kms"),
              AgentOf(spire, {.path = "/kms"}));
  config.tree["bootstrap"]["graceTimeout"] = "5s";  // a busy agent may be silent at first
  config.Write();
  ProviderProcess provider(config);
  const std::string line = CheckExits(provider, 5);
  CHECK_MESSAGE(line.find("registration entry") != std::string::npos, line);
}

}  // namespace
}  // namespace baokms::e2e
