// Source oauth2 with a real authorisation server (tests/authserver): a library of others speaks the
// protocol and signs the tokens, OpenBao verifies them.
#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <vector>

#include "tests/e2e/support/auth_server.h"
#include "tests/e2e/support/bench.h"

namespace baokms::e2e {
namespace {

const std::string kClientId = "urn:kms node/1%+\xc3\xa4";
const std::string kFirstSecret = "first: s3cret &=%+\xc3\xa4";
const std::string kSecondSecret = "second\"s3cret\\?#";

// A bench whose OpenBao trusts the server's tokens, and a provider that gets them.
struct WithAuthServer {
  WithAuthServer() : config(bench.Config()), server(kClientId, kFirstSecret) {
    TrustItsTokens();
    bench.setup.CreateRole(bench.setup.options().role, {{"bound_subject", kClientId}});
    Json& jwt = config.tree["auth"]["jwt"];
    jwt.erase("jwtFile");
    jwt["source"] = "oauth2";
    jwt["expectedIssuer"] = server.url();
    jwt["expectedSubject"] = kClientId;
    jwt["oauth2"] = {{"tokenUrl", server.url() + "/oauth/token"},
                     {"clientId", kClientId},
                     {"clientSecretFile", config.directory().File("client-secret")},
                     {"authMethod", "client_secret_basic"},
                     {"scopes", {"kms"}},
                     {"audience", "openbao"},
                     {"resources", {"urn:openbao:kms"}},
                     {"caCertFile", config.directory().Write("idp-ca.pem", server.ca_pem(), 0644)}};
    Give(kFirstSecret);
    config.Write();
  }
  // What the provider finds from now on.
  void Give(const std::string& secret) const {
    config.directory().Write("client-secret", secret + "\n", 0600);
  }
  // The real OpenBao asks for the keys itself; the emulator is told them.
  void TrustItsTokens() {
    Json method = {{"bound_issuer", server.url()}};
    if (OnRealOpenBao()) {
      method["jwks_url"] = server.url() + "/keys";
      method["jwks_ca_pem"] = server.ca_pem();
    } else {
      method["jwt_validation_pubkeys"] = {server.public_key_pem()};
    }
    REQUIRE(bench.setup.Admin("POST", bench.setup.options().auth_mount + "/config", method).ok());
  }

  Bench bench;
  ProviderConfig config;
  AuthServer server;
};

TEST_CASE("OAuth2: a real authorisation server's tokens log in by either client authentication") {
  if (AuthServer::Skipped()) return;
  for (const auto* method : {"client_secret_basic", "client_secret_post"}) {
    WithAuthServer with;
    with.config.tree["auth"]["jwt"]["oauth2"]["authMethod"] = method;
    with.config.Write();
    const Serving provider(with.config);
    provider.CheckRoundTrip();
    CHECK(Logins(provider.process, "ok") == 1);
  }
}

TEST_CASE("OAuth2: a real authorisation server rotates the secret and goes away and returns") {
  if (AuthServer::Skipped()) return;
  WithAuthServer with;
  const Serving provider(with.config);
  const testing::SealedObject sealed = provider.Seal("before");

  // Both valid, the file changed, the first revoked: no call fails.
  with.server.Accept(kFirstSecret + "\n" + kSecondSecret);
  with.Give(kSecondSecret);
  with.server.Accept(kSecondSecret);
  with.bench.setup.RevokeAllTokens();
  provider.CheckOpens(sealed, "before");
  CHECK(Logins(provider.process, "ok") == 2);

  // Away: the token held keeps serving. Without one the login fails, and comes back by itself.
  with.server.Stop();
  for (int i = 0; i < 20; ++i) provider.CheckOpens(sealed, "before");
  with.bench.setup.RevokeAllTokens();
  CHECK(Eventually(Milliseconds(15000), [&] {
    return !provider.stub.Decrypt(sealed).status.ok() &&
           Logins(provider.process, "oauth2_request") >= 1;
  }));
  with.server.Start();
  with.TrustItsTokens();
  CHECK(Eventually(Milliseconds(60000), [&] { return provider.stub.Decrypt(sealed).status.ok(); }));
  CHECK(Logins(provider.process, "ok") == 3);
}

TEST_CASE("OAuth2: a real authorisation server's refusals name the field to correct") {
  if (AuthServer::Skipped()) return;
  struct Refusal {
    const char* field;
    std::function<void(WithAuthServer&)> arrange;
  };
  const std::vector<Refusal> refusals{
      {"auth.jwt.oauth2.clientId", [](WithAuthServer& with) { with.Give("wrong"); }},
      {"auth.jwt.oauth2.scopes",
       [](WithAuthServer& with) {
         with.config.tree["auth"]["jwt"]["oauth2"]["scopes"] = {"kms", "another"};
       }},
      {"auth.jwt.oauth2.tokenUrl", [](WithAuthServer& with) {
         with.config.tree["auth"]["jwt"]["oauth2"]["tokenUrl"] = with.server.url() + "/nothing";
       }}};
  for (const Refusal& refusal : refusals) {
    WithAuthServer with;
    refusal.arrange(with);
    with.config.tree["bootstrap"]["graceTimeout"] = "0s";
    with.config.Write();
    ProviderProcess provider(with.config);
    const std::string line = CheckExits(provider, 5);
    CHECK_MESSAGE(line.find(refusal.field) != std::string::npos, line);
    REQUIRE_FALSE(provider.LogLines("auth.login").empty());
    CHECK(provider.LogLines("auth.login").back().at("status") == "oauth2_rejected");
  }
}

}  // namespace
}  // namespace baokms::e2e
