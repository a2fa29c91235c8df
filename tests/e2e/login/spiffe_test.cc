// Logins with SVIDs of a Workload API that rotates, goes away and refuses (auth.md, "source
// spiffe", "adapters/spiffe X.509-SVID").
#include <doctest/doctest.h>

#include <map>
#include <thread>
#include <utility>

#include "tests/e2e/support/cluster.h"
#include "tests/e2e/support/svid_login.h"
#include "tests/support/harness/temp_directory.h"
#include "tests/support/workload_api/svid_authority.h"
#include "tests/support/workload_api/workload_api.h"

namespace baokms::e2e {
namespace {

using testing::JwtQuestion;
using testing::SvidAuthority;
using testing::WorkloadAnswer;

constexpr const char* kId = "spiffe://example.org/node/kms";
constexpr int kPermissionDenied = 7;

struct SvidBench : Bench {
  std::string CertMount(const Json& role = Json::object()) const {
    return MountCertAuth(*this, authority.pem(), "spiffe://example.org/node/*", role);
  }
  SvidAgent agent() const { return {.socket = api.uri(), .spiffe_id = kId}; }
  ProviderConfig WithX509(const Json& role = Json::object()) {
    ProviderConfig config = Config();
    UseX509Svid(config, CertMount(role), agent());
    return config;
  }
  ProviderConfig WithJwt(const Json& role = Json::object()) {
    ProviderConfig config = Config();
    UseJwtSvid(config, MountJwtAuth(*this, {authority.jwt_key_pem()}, kId, role), agent());
    return config;
  }
  // With a Common Name, as SPIRE gives an entry with a DNS name; among another identity and another
  // trust domain's, and beside a federated bundle.
  void GiveX509(std::int64_t valid_seconds = 3600, const std::string& common_name = "kms") {
    emulator::LeafRequest leaf;
    leaf.common_name = common_name;
    leaf.valid_seconds = valid_seconds;
    api.SayX509(testing::X509Message(
        {foreign.Issue("spiffe://example.com/node/kms", leaf),
         authority.Issue("spiffe://example.org/node", leaf), authority.Issue(kId, leaf)},
        {{"example.com", foreign.bundle_der()}}));
  }
  void GiveJwt() {
    api.SayJwt([this](const JwtQuestion& question) {
      return WorkloadAnswer{.message = testing::JwtMessage(
                                {{kId, authority.IssueJwt(kId, question.audience.at(0))}})};
    });
  }

  testing::TempDirectory directory;
  SvidAuthority authority{"example.org"};
  SvidAuthority foreign{"example.com"};
  testing::WorkloadApi api{directory.File("agent.sock")};
};

// One attempt, to its end; the line for the person.
std::string RefusedLoginLine(ProviderConfig& config) {
  config.tree["bootstrap"]["graceTimeout"] = "0s";
  config.tree["auth"]["loginTimeout"] = "1s";
  config.Write();
  ProviderProcess provider(config);
  const std::string line = CheckExits(provider, 5);
  CHECK(line.find("example.org") == std::string::npos);
  // Of this start: the log goes on where an earlier one of this configuration ended.
  for (const char* message : {"auth.login", "status.probe", "serve.shutdown"}) {
    CHECK(provider.LogLines(message).back().at("error_class") == "auth_failed");
  }
  return provider.LogLines("auth.login").back().at("status").get<std::string>() + ": " + line;
}

bool Advises(const std::string& line, std::string_view status, std::string_view words) {
  return line.starts_with(status) && line.find(words) != std::string::npos;
}

TEST_CASE("SPIFFE: a JWT-SVID logs in through JWT auth") {
  SvidBench bench;
  bench.GiveJwt();
  const ProviderConfig config = bench.WithJwt();
  Serving provider(config);
  provider.CheckRoundTrip();
  CHECK(Logins(provider.process, "ok") == 1);
  CHECK(bench.api.figures().jwt_calls == 1);
}

TEST_CASE("SPIFFE: an X.509-SVID with a Common Name logs in by the URI that the role allows") {
  SvidBench bench;
  bench.GiveX509();
  const ProviderConfig config = bench.WithX509();
  Serving provider(config);
  provider.CheckRoundTrip();
  CHECK(Logins(provider.process, "ok") == 1);
  CHECK(provider.process.Metric("openbao_kms_certificate_source_info{source=\"spiffe\"}") == 1.0);
  CHECK(provider.process.Metric("openbao_kms_certificate_ttl_seconds").value_or(0) > 3000);
}

TEST_CASE("SPIFFE: an X.509-SVID without a Common Name is a refused login that says why") {
  SvidBench bench;
  bench.GiveX509(3600, "");
  ProviderConfig config = bench.WithX509();
  const std::string line = RefusedLoginLine(config);
  CAPTURE(line);
  CHECK(Advises(line, "auth_failed", "no Common Name"));
  CHECK(Advises(line, "auth_failed", "DNS name"));
}

TEST_CASE("SPIFFE: an X.509-SVID whose URI the role does not allow is a refused login") {
  SvidBench bench;
  bench.GiveX509();
  ProviderConfig config = bench.Config();
  UseX509Svid(config,
              MountCertAuth(bench, bench.authority.pem(), "spiffe://example.org/elsewhere/*"),
              bench.agent());
  const std::string line = RefusedLoginLine(config);
  CAPTURE(line);
  CHECK(Advises(line, "auth_failed", "accepts its names"));
}

TEST_CASE("SPIFFE: a JWT-SVID of another subject than the role is bound to is a refused login") {
  SvidBench bench;
  bench.GiveJwt();
  ProviderConfig config = bench.WithJwt({{"bound_subject", "spiffe://example.org/other"}});
  const std::string line = RefusedLoginLine(config);
  CAPTURE(line);
  CHECK(Advises(line, "auth_failed", "auth.jwt.role"));
}

TEST_CASE("SPIFFE: a start without an entry or an agent says what is missing") {
  SvidBench bench;
  ProviderConfig x509 = bench.WithX509();
  ProviderConfig jwt = bench.WithJwt();
  bench.api.SayX509(WorkloadAnswer{.code = kPermissionDenied});
  bench.api.SayJwt([](const JwtQuestion&) { return WorkloadAnswer{.code = kPermissionDenied}; });
  CHECK(Advises(RefusedLoginLine(x509), "cert_invalid", "auth.cert.spiffe.spiffeID: "));
  CHECK(Advises(RefusedLoginLine(jwt), "jwt_invalid", "auth.jwt.spiffe.spiffeID: "));
  bench.api.Stop();
  CHECK(Advises(RefusedLoginLine(x509), "error", "auth.cert.spiffe.workloadAPISocket: "));
  CHECK(Advises(RefusedLoginLine(jwt), "error", "auth.jwt.spiffe.workloadAPISocket: "));
}

TEST_CASE("SPIFFE: an agent that comes after the provider is waited for") {
  SvidBench bench;
  bench.GiveX509();
  ProviderConfig config = bench.WithX509();
  config.tree["bootstrap"]["graceTimeout"] = "20s";
  config.Write();
  bench.api.Stop();
  ProviderProcess provider(config);
  REQUIRE(provider.WaitLog("auth.login"));
  CHECK(provider.LogLines("auth.login").at(0).at("status") == "error");
  bench.api.Start();
  CHECK((provider.WaitServing(Milliseconds(20000)) && provider.WaitReady()));
  CHECK(testing::KmsStub(config.socket()).Encrypt("x").status.ok());
}

// doctor's checks by id: status, and what to do.
std::map<std::string, std::pair<std::string, std::string>> DoctorChecks(
    const ProviderConfig& config) {
  const CommandResult result =
      RunCommand({"doctor", "--config", config.config_file(), "--allow-socket-parent",
                  config.socket_directory(), "--output", "json"});
  std::map<std::string, std::pair<std::string, std::string>> checks;
  const Json report = Json::parse(result.out, nullptr, false);
  REQUIRE(report.is_object());
  for (const Json& check : report.at("checks")) {
    checks[check.at("id")] = {check.at("status"), check.value("advice", "")};
  }
  return checks;
}

TEST_CASE("SPIFFE: doctor finds what is missing before any login") {
  SvidBench bench;
  bench.GiveX509();
  bench.GiveJwt();
  const ProviderConfig x509 = bench.WithX509();
  const ProviderConfig jwt = bench.WithJwt();
  for (const char* id :
       {"auth.cert.spiffe", "auth.cert.local", "auth.cert.signer", "openbao.auth"}) {
    CHECK_MESSAGE(DoctorChecks(x509)[id].first == "pass", id);
  }
  CHECK(DoctorChecks(jwt)["spiffe.workload_api"].first == "pass");
  CHECK(DoctorChecks(jwt)["openbao.auth"].first == "pass");
  bench.GiveX509(3600, "");
  auto checks = DoctorChecks(x509);
  CHECK(checks["auth.cert.local"].first == "fail");
  CHECK(checks["auth.cert.local"].second.find("DNS name") != std::string::npos);
  CHECK(checks["openbao.auth"].first == "skip");
  bench.api.Stop();
  checks = DoctorChecks(jwt);
  CHECK(checks["spiffe.workload_api"].first == "fail");
  CHECK(checks["spiffe.workload_api"].second.starts_with("auth.jwt.spiffe.workloadAPISocket: "));
  CHECK(checks["openbao.auth"].first == "skip");
}

// Tokens of six seconds, so that refreshes happen.
constexpr const char* kShort = "6s";
Json ShortTokens() { return {{"token_ttl", kShort}, {"token_max_ttl", "60s"}}; }
void RefreshEarly(ProviderConfig& config) {
  config.tree["auth"]["loginBeforeTokenExpiry"] = "4s";
  config.tree["auth"]["tokenRenewalIncrement"] = kShort;
  config.Write();
}

TEST_CASE("SPIFFE: SVIDs rotate every two seconds under load and no request fails") {
  SvidBench bench;
  bench.GiveX509(30);
  ProviderConfig config = bench.WithX509(ShortTokens());
  RefreshEarly(config);
  Serving provider(config);
  ClusterLoad load({.sockets = {config.socket()}});
  for (int turn = 0; turn < 7; ++turn) {
    std::this_thread::sleep_for(Milliseconds(2000));
    bench.GiveX509(30);
  }
  load.Stop();
  CheckClean(load.figures());
  MESSAGE("operations: " << load.figures().operations()
                         << ", logins: " << Logins(provider.process, "ok"));
  // Another leaf each time, so a login each time, and one process through them all.
  CHECK(Logins(provider.process, "ok") >= 3);
  CHECK(provider.process.LogLines("serve.start").size() == 1);
  CHECK(bench.api.figures().streams == 1);
}

TEST_CASE(
    "SPIFFE: while the agent is away its last SVID serves until it ends and a new one heals") {
  SvidBench bench;
  bench.GiveX509(16);
  ProviderConfig config = bench.WithX509({{"token_ttl", kShort}, {"token_max_ttl", kShort}});
  RefreshEarly(config);
  Serving provider(config);
  bench.api.Stop();
  // Logins with the SVID that is held.
  CHECK(Eventually(Milliseconds(12000), [&] {
    provider.CheckRoundTrip();
    return Logins(provider.process, "ok") >= 3;
  }));
  CHECK(Eventually(Milliseconds(20000), [&] {
    return Logins(provider.process, "cert_expired") + Logins(provider.process, "cert_near_expiry") >
           0;
  }));
  CHECK(Eventually(Milliseconds(15000), [&] { return !provider.Healthy(); }));
  bench.GiveX509();
  bench.api.Start();
  CHECK(Eventually(Milliseconds(80000), [&] { return provider.Healthy(); }));
  provider.CheckRoundTrip();
}

TEST_CASE("SPIFFE: while the agent is away JWT logins fail and its return heals them") {
  SvidBench bench;
  bench.GiveJwt();
  ProviderConfig config = bench.WithJwt({{"token_ttl", kShort}, {"token_max_ttl", kShort}});
  RefreshEarly(config);
  Serving provider(config);
  bench.api.Stop();
  CHECK(Eventually(Milliseconds(10000), [&] { return Logins(provider.process, "error") > 0; }));
  CHECK(Eventually(Milliseconds(15000), [&] { return !provider.Healthy(); }));
  bench.api.Start();
  CHECK(Eventually(Milliseconds(80000), [&] { return provider.Healthy(); }));
  provider.CheckRoundTrip();
}

}  // namespace
}  // namespace baokms::e2e
