// Source oauth2 under the running provider: tokens of an authorisation server that is slow to
// change its mind, rotates secrets, goes away or misbehaves (auth.md, "source oauth2").
#include <doctest/doctest.h>

#include <functional>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/e2e/support/bench.h"
#include "tests/e2e/support/leak_search.h"
#include "tests/e2e/support/token_endpoint.h"
#include "tests/support/harness/stand_in_files.h"
#include "tests/support/skip.h"

namespace baokms::e2e {
namespace {

const std::string kClientSecret = "canary-client-secret-5b0e7d";

struct Oauth2Bench {
  explicit Oauth2Bench(testing::SetupOptions names = FreshNames())
      : bench(std::move(names)),
        config(bench.Config()),
        endpoint(bench, "kms-node", kClientSecret) {
    endpoint.Configure(config);
  }
  Bench bench;
  ProviderConfig config;
  TokenEndpoint endpoint;
};

// Everything of a grant that may appear nowhere, searched in all that the provider wrote or showed.
std::set<std::string> Leaks(const ProviderConfig& config, const TokenEndpoint& endpoint,
                            const std::string& shown) {
  LeakSearch search;
  search.PlantTokenShape();
  search.Plant("client secret", kClientSecret);
  search.Plant("Basic credentials", "kms-node:" + kClientSecret);
  search.Plant("path of the client secret", config.directory().File("client-secret"));
  search.Plant("token URL", config.tree["auth"]["jwt"]["oauth2"]["tokenUrl"].get<std::string>());
  for (const std::string& token : endpoint.tokens()) search.PlantJwt(token);
  std::set<std::string> leaks;
  const auto take = [&leaks](const std::vector<std::string>& found) {
    leaks.insert(found.begin(), found.end());
  };
  take(search.InFile(config.directory().File("stderr")));
  take(search.InFile(config.directory().File("stdout")));
  take(search.In("metrics or health", shown));
  take(search.InTree(config.directory().File("state")));
  return leaks;
}

std::string Shown(const ProviderProcess& process) {
  return process.Metrics() + process.Health("/live").body + process.Health("/ready").body;
}

TEST_CASE("OAuth2: the provider serves with an access token by either client authentication") {
  for (const auto* method : {"client_secret_basic", "client_secret_post"}) {
    Oauth2Bench with;
    auto& [bench, config, endpoint] = with;
    config.tree["auth"]["jwt"]["oauth2"]["authMethod"] = method;
    config.Write();
    Serving provider(config);
    provider.CheckRoundTrip();
    CHECK(endpoint.requests() == 1);
    CHECK(Logins(provider.process, "ok") == 1);
    CHECK(Leaks(config, endpoint, Shown(provider.process)).empty());
  }
}

TEST_CASE("OAuth2: a secret that was rotated in its file is used at the next grant") {
  Oauth2Bench with;
  auto& [bench, config, endpoint] = with;
  Serving provider(config);
  const testing::SealedObject sealed = provider.Seal("before");
  TokenEndpoint::WriteSecret(config, "canary-second-secret-91c3\n");
  endpoint.Accept("canary-second-secret-91c3");
  bench.setup.RevokeAllTokens();
  provider.CheckOpens(sealed, "before");
  provider.CheckRoundTrip();
  CHECK(Logins(provider.process, "ok") == 2);
  CHECK(endpoint.requests() == 2);
  CHECK(endpoint.tokens().size() == 2);
}

TEST_CASE("OAuth2: a secret revoked before its file changed is rejected and the new one heals") {
  Oauth2Bench with;
  auto& [bench, config, endpoint] = with;
  Serving provider(config);
  const testing::SealedObject sealed = provider.Seal("before");
  endpoint.Accept("canary-second-secret-91c3");
  bench.setup.RevokeAllTokens();
  CHECK_FALSE(provider.stub.Decrypt(sealed).status.ok());
  CHECK(Eventually(Milliseconds(5000),
                   [&] { return Logins(provider.process, "oauth2_rejected") >= 1; }));
  TokenEndpoint::WriteSecret(config, "canary-second-secret-91c3\n");
  CHECK(Eventually(Milliseconds(40000), [&] { return provider.stub.Decrypt(sealed).status.ok(); }));
  CHECK(Eventually(Milliseconds(40000), [&] { return provider.Healthy(); }));
  CHECK(Leaks(config, endpoint, Shown(provider.process)).empty());
}

TEST_CASE("OAuth2: a token keeps serving while the authorization server is away") {
  testing::SetupOptions names = FreshNames();
  names.token_ttl = std::chrono::seconds(16);
  names.token_max_ttl = std::chrono::seconds(16);
  Oauth2Bench with(names);
  auto& [bench, config, endpoint] = with;
  config.tree["auth"]["loginBeforeTokenExpiry"] = "13s";
  config.tree["auth"]["tokenRenewalIncrement"] = "16s";
  config.Write();
  Serving provider(config);
  const testing::SealedObject sealed = provider.Seal("before");
  endpoint.Instead([](tests::Wire& wire) { wire.Close(); });
  const auto opens = [&] { provider.CheckOpens(sealed, "before"); };
  CHECK(Eventually(Milliseconds(15000), [&] {
    opens();
    return Logins(provider.process, "oauth2_request") >= 2;
  }));
  endpoint.Instead(nullptr);
  CHECK(Eventually(Milliseconds(15000), [&] {
    opens();
    return Logins(provider.process, "ok") >= 2;
  }));
  CHECK(provider.Healthy());
}

TEST_CASE("OAuth2: a rate limit is met with growing pauses and the start goes on after it") {
  Oauth2Bench with;
  auto& [bench, config, endpoint] = with;
  config.tree["bootstrap"]["graceTimeout"] = "40s";
  config.Write();
  endpoint.Instead([](tests::Wire& wire) {
    wire.Write("HTTP/1.1 429 X\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n");
  });
  ProviderProcess provider(config);
  REQUIRE(provider.WaitLog("auth.login", 3, Milliseconds(20000)));
  // After 0, 1 and 3 seconds, each pause a quarter off at most; bootstrap itself asks 10 a second.
  std::this_thread::sleep_for(Milliseconds(1500));
  CHECK(endpoint.requests() == 3);
  for (const Json& line : provider.LogLines("auth.login")) {
    CHECK(line.at("status") == "oauth2_unavailable");
    CHECK(line.at("error_class") == "openbao_rate_limited");
  }
  endpoint.Instead(nullptr);
  CHECK(provider.WaitReady(Milliseconds(20000)));
  CHECK(testing::KmsStub(config.socket()).Encrypt("x").status.ok());
}

// A way for a grant to fail, and what is said of it.
struct Failure {
  const char* status;
  const char* advice;  // in the last line of a failed start
  std::function<void(TokenEndpoint&, const ProviderConfig&)> arrange;
};

std::vector<Failure> Failures() {
  return {{"oauth2_credential", "auth.jwt.oauth2.clientSecretFile: invalid_content",
           [](TokenEndpoint&, const ProviderConfig& config) {
             TokenEndpoint::WriteSecret(config, kClientSecret + "\n" + kClientSecret + "\n");
           }},
          {"oauth2_request", "auth.jwt.oauth2.tokenUrl",
           [](TokenEndpoint& endpoint, const ProviderConfig&) {
             endpoint.Instead([](tests::Wire& wire) { wire.Close(); });
           }},
          {"oauth2_rejected", "auth.jwt.oauth2.clientId",
           [](TokenEndpoint& endpoint, const ProviderConfig&) {
             endpoint.InsteadReply(401, R"({"error":"invalid_client","error_description":")" +
                                            kClientSecret + R"("})");
           }},
          {"oauth2_unavailable", "auth.jwt.oauth2.tokenUrl: the authorization server failed",
           [](TokenEndpoint& endpoint, const ProviderConfig&) {
             endpoint.InsteadReply(503, kClientSecret);
           }},
          {"oauth2_response", "auth.jwt.oauth2.tokenUrl: the reply is not",
           [](TokenEndpoint& endpoint, const ProviderConfig&) {
             endpoint.InsteadReply(200, "<html>" + kClientSecret);
           }},
          {"jwt_expired", "auth.jwt.oauth2: the access token has already expired",
           [](TokenEndpoint& endpoint, const ProviderConfig&) {
             endpoint.ExpiresAfter(std::chrono::seconds(-60));
           }},
          {"jwt_near_expiry", "auth.jwt.minRemainingTtl",
           [](TokenEndpoint& endpoint, const ProviderConfig&) {
             endpoint.InsteadReply(
                 200, R"({"access_token":"YQ.YQ.YQ","token_type":"Bearer","expires_in":5})");
           }}};
}

CommandResult RunDoctor(const ProviderConfig& config) {
  return RunCommand({"doctor", "--output", "json", "--config", config.config_file(),
                     "--allow-socket-parent", config.socket_directory()});
}

TEST_CASE("OAuth2: doctor passes over the secret and the grant and the login") {
  Oauth2Bench with;
  auto& [bench, config, endpoint] = with;
  const CommandResult result = RunDoctor(config);
  CHECK_MESSAGE(result.code == 0, result.out);
  std::map<std::string, std::string> status;
  const Json report = Json::parse(result.out);
  for (const Json& check : report.at("checks")) {
    status[check.at("id")] = check.at("status");
  }
  CHECK(status.at("oauth2.local") == "pass");
  CHECK(status.at("oauth2.acquire") == "pass");
  CHECK(status.at("openbao.auth") == "pass");
}

TEST_CASE("OAuth2: doctor names each way for a grant to fail before OpenBao is asked to log in") {
  for (const Failure& failure : Failures()) {
    INFO(failure.status);
    Oauth2Bench with;
    auto& [bench, config, endpoint] = with;
    failure.arrange(endpoint, config);
    const CommandResult result = RunDoctor(config);
    CHECK(result.code == 4);
    const bool local = failure.status == std::string("oauth2_credential");
    bool found = false;
    const Json report = Json::parse(result.out);
    for (const Json& check : report.at("checks")) {
      if (check.at("status") != "fail") continue;
      found = true;
      CHECK(check.at("id") == (local ? "oauth2.local" : "oauth2.acquire"));
      CHECK(check.at("message").get<std::string>().starts_with(failure.status));
      CHECK(check.at("advice").get<std::string>().find(failure.advice) != std::string::npos);
    }
    CHECK(found);
    CHECK(Leaks(config, endpoint, result.out + result.err).empty());
  }
}

TEST_CASE("OAuth2: a start that fails for the grant says what to do and nothing of the server") {
  for (const Failure& failure : Failures()) {
    INFO(failure.status);
    Oauth2Bench with;
    auto& [bench, config, endpoint] = with;
    config.tree["bootstrap"]["graceTimeout"] = "0s";
    config.Write();
    failure.arrange(endpoint, config);
    ProviderProcess provider(config);
    const std::string line = CheckExits(provider, 5);
    CHECK_MESSAGE(line.find(failure.advice) != std::string::npos, line);
    REQUIRE_FALSE(provider.LogLines("auth.login").empty());
    CHECK(provider.LogLines("auth.login").back().at("status") == failure.status);
    CHECK(Leaks(config, endpoint, "").empty());
  }
}

TEST_CASE("OAuth2: each way a grant fails is counted under its own status") {
  Oauth2Bench with;
  auto& [bench, config, endpoint] = with;
  config.tree["bootstrap"]["graceTimeout"] = "170s";
  config.Write();
  for (const Failure& failure : Failures()) {
    INFO(failure.status);
    TokenEndpoint::WriteSecret(config, kClientSecret + "\n");
    endpoint.Instead(nullptr);
    endpoint.ExpiresAfter(std::chrono::hours(1));
    failure.arrange(endpoint, config);
    // A provider of its own for each: the pauses between the attempts of one grow.
    ProviderProcess provider(config);
    CHECK(Eventually(Milliseconds(15000), [&] { return Logins(provider, failure.status) >= 1; }));
    CHECK(Leaks(config, endpoint, Shown(provider)).empty());
  }
}

TEST_CASE("OAuth2: a client secret that others may read is a configuration error") {
  Oauth2Bench with;
  auto& [bench, config, endpoint] = with;
  config.directory().Write("client-secret", kClientSecret, 0644);
  ProviderProcess provider(config);
  CheckExits(provider, 3);
  CHECK(provider.Stderr().contains("auth.jwt.oauth2.clientSecretFile: "));
  CHECK(provider.Stderr().contains("0137 (unsafe_permissions)"));
  CHECK(endpoint.requests() == 0);
}

TEST_CASE("OAuth2: without caCertFile the roots of the system are trusted") {
  Oauth2Bench with;
  auto& [bench, config, endpoint] = with;
  config.tree["auth"]["jwt"]["oauth2"]["caCertFile"] = "";
  // A busy machine needs long to read all those roots; the login's end is to come first.
  config.tree["auth"]["loginTimeout"] = "8s";
  config.tree["openbao"]["timeout"] = "10s";
  config.tree["bootstrap"]["graceTimeout"] = "0s";
  config.Write();
  {
    ProviderProcess provider(config);
    const std::string said = CheckExits(provider, 5);
    CAPTURE(said);
    CHECK(said.contains("auth.jwt.oauth2.caCertFile: TLS"));
  }
  const testing::StandInFiles roots(
      {{"/etc/ssl/certs/ca-certificates.crt", config.directory().File("idp-ca.pem")}});
  if (!roots.made()) {
    testing::SaySkipped("mounting over the system's roots is not permitted here");
    return;
  }
  Serving provider(config);
  provider.CheckRoundTrip();
}

}  // namespace
}  // namespace baokms::e2e
