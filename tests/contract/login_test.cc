// openbao-observed.md: JWT login and renewal.
#include <doctest/doctest.h>

#include <chrono>
#include <ctime>
#include <thread>

#include "tests/contract/contract_case.h"

namespace baokms::testing {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr const char* kRefused = "auth_failed unauthenticated";

core::Result<Granted> Login(ContractCase& c, const std::string& jwt) {
  return c.ports.Login(c.setup.options().auth_mount, c.setup.options().role, jwt);
}

AdminReply RawLogin(ContractCase& c, const std::string& role, const std::string& jwt) {
  return c.server.Call("POST", c.setup.options().auth_mount + "/login",
                       {{"role", role}, {"jwt", jwt}}, "");
}

TEST_SUITE_BEGIN("login");

TEST_CASE("Login: RS256 and ES256 and EdDSA give a renewable token with the role's lease") {
  for (const auto kind : {emulator::SigningKeyKind::kRsa2048, emulator::SigningKeyKind::kEcP256,
                          emulator::SigningKeyKind::kEd25519}) {
    ContractCase c({.signing_key = kind});
    const auto granted = Login(c, c.setup.MintJwt());
    REQUIRE(Outcome(granted) == "ok");
    CHECK(granted->token.starts_with("s."));
    CHECK(granted->lease == seconds(1800));
    CHECK(granted->renewable);
    CHECK(Outcome(c.ports.KeyMetadata(TokenOf(granted->token))) == "ok");
  }
}

TEST_CASE("Login: the fields of the auth object") {
  ContractCase c;
  const AdminReply reply = RawLogin(c, c.setup.options().role, c.setup.MintJwt());
  REQUIRE(reply.status == 200);
  CHECK(reply.json.at("data").is_null());
  const Json& auth = reply.json.at("auth");
  for (const char* field : {"client_token", "accessor", "policies", "token_policies", "metadata",
                            "lease_duration", "renewable", "entity_id", "token_type", "orphan"}) {
    CAPTURE(field);
    CHECK(auth.contains(field));
  }
  CHECK(auth.at("policies") == Json::array({c.setup.options().policy}));
  CHECK(auth.at("token_type") == "service");
}

TEST_CASE("Login: a role that limits the uses of its tokens is refused with words of its own") {
  ContractCase c;
  const std::string role = c.setup.options().auth_mount + "/role/" + c.setup.options().role;
  Json settings = c.Root("GET", role).json.at("data");
  settings["token_num_uses"] = 100;
  REQUIRE(c.Root("POST", role, settings).status < 300);
  const AdminReply reply = RawLogin(c, c.setup.options().role, c.setup.MintJwt());
  REQUIRE(reply.status == 200);
  CHECK(reply.json.at("auth").at("num_uses") == 100);
  const auto granted = Login(c, c.setup.MintJwt());
  REQUIRE_FALSE(granted.has_value());
  CHECK(granted.error() == core::TokenUsesLimited());
  CHECK(Outcome(granted) == "auth_failed unauthenticated");
}

TEST_CASE("Login: claims the role does not accept are refused in OpenBao's words") {
  ContractCase c;
  const std::string front = "error validating token: ";
  struct Row {
    Json claims;
    std::string error;
  };
  for (const auto& [claims, error] : {
           Row{{{"aud", "x"}},
               front + "invalid audience (aud) claim: audience claim does not match any expected "
                       "audience"},
           Row{{{"sub", "x"}}, front + "invalid subject (sub) claim"},
           Row{{{"iss", "x"}}, front + "invalid issuer (iss) claim"},
           Row{{{"exp", 1000}, {"iat", 900}, {"nbf", 900}},
               front + "invalid expiration time (exp) claim: token is expired"},
           // Without iat and nbf a JWT counts as valid for its last minutes alone.
           Row{{{"iat", nullptr}, {"nbf", nullptr}, {"exp", std::time(nullptr) + 86400}},
               front + "invalid not before (nbf) claim: token not yet valid"},
       }) {
    CAPTURE(claims.dump());
    const std::string jwt = c.setup.MintJwt(claims);
    CHECK(Outcome(Login(c, jwt)) == kRefused);
    const AdminReply reply = RawLogin(c, c.setup.options().role, jwt);
    CHECK(reply.status == 400);
    CHECK(reply.error() == error);
  }
  CHECK(Outcome(Login(c, c.setup.MintJwt(Json::object(), seconds(-300)))) == kRefused);
  CHECK(Outcome(Login(c, c.setup.MintJwt({{"aud", {"x", c.setup.options().audience}}}))) == "ok");
}

TEST_CASE("Login: another signature or no JWT is refused") {
  ContractCase c;
  const std::string foreign = c.setup.MintForeignJwt();
  CHECK(Outcome(Login(c, foreign)) == kRefused);
  const AdminReply reply = RawLogin(c, c.setup.options().role, foreign);
  CHECK(reply.status == 400);
  CHECK(reply.error().ends_with("no known key successfully validated the token signature"));
  CHECK(Outcome(Login(c, "a.b.c")) == kRefused);
  CHECK(Outcome(Login(c, "")) == kRefused);
}

TEST_CASE("Login: a missing role is 400 and an unknown mount is 403 and both are refusals") {
  ContractCase c;
  const std::string jwt = c.setup.MintJwt();
  CHECK(Outcome(c.ports.Login(c.setup.options().auth_mount, "nobody", jwt)) == kRefused);
  const AdminReply role = RawLogin(c, "nobody", jwt);
  CHECK(role.status == 400);
  CHECK(role.error() == "role \"nobody\" could not be found");
  CHECK(Outcome(c.ports.Login("auth/nowhere", "nobody", jwt)) == kRefused);
  const AdminReply mount =
      c.server.Call("POST", "auth/nowhere/login", {{"role", "nobody"}, {"jwt", jwt}}, "");
  CHECK(mount.status == 403);
  CHECK(mount.error() == "permission denied");
}

TEST_CASE("Login: a method without configuration refuses") {
  ContractCase c;
  const std::string bare = c.setup.options().auth_mount + "-bare";
  REQUIRE(c.Root("POST", "sys/" + bare, {{"type", "jwt"}}).status == 204);
  CHECK(Outcome(c.ports.Login(bare, "any", c.setup.MintJwt())) == kRefused);
  const AdminReply reply =
      c.server.Call("POST", bare + "/login", {{"role", "any"}, {"jwt", c.setup.MintJwt()}}, "");
  CHECK(reply.status == 400);
  CHECK(reply.error() == "could not load configuration");
}

TEST_CASE("Renewal: the increment is the new lease and the token stays the same") {
  ContractCase c;
  const std::string token = c.setup.Login();
  const auto renewed = c.ports.Renew(TokenOf(token), seconds(600));
  REQUIRE(Outcome(renewed) == "ok");
  CHECK(renewed->token == token);
  CHECK(renewed->lease == seconds(600));
  CHECK(renewed->renewable);
  const AdminReply raw =
      c.server.Call("POST", "auth/token/renew-self", {{"increment", 700}}, token);
  REQUIRE(raw.status == 200);
  CHECK(raw.json.at("data").is_null());
  for (const char* field : {"client_token", "accessor", "policies", "token_policies", "metadata",
                            "lease_duration", "renewable", "entity_id", "token_type", "orphan"}) {
    CAPTURE(field);
    CHECK(raw.json.at("auth").contains(field));
  }
}

TEST_CASE("Renewal: near the max TTL it gives what is left") {
  ContractCase c;
  c.setup.CreateRole(c.setup.options().role, {{"token_ttl", 5}, {"token_max_ttl", 8}});
  const auto renewed = c.ports.Renew(TokenOf(c.setup.Login()), hours(1));
  REQUIRE(Outcome(renewed) == "ok");
  CHECK(renewed->lease <= seconds(8));
  CHECK(renewed->lease >= seconds(1));
}

TEST_CASE("Renewal: not for a token that is not renewable and not for one that ended") {
  ContractCase c;
  const auto limited = c.Root("POST", "auth/token/create",
                              {{"ttl", "1s"}, {"policies", {c.setup.options().policy}}});
  REQUIRE(limited.status == 200);
  const std::string ending = limited.json.at("auth").at("client_token");
  const auto fixed =
      c.Root("POST", "auth/token/create",
             {{"ttl", "1h"}, {"renewable", false}, {"policies", {c.setup.options().policy}}});
  REQUIRE(fixed.status == 200);
  CHECK(Outcome(c.ports.Renew(TokenOf(fixed.json.at("auth").at("client_token")), hours(1))) ==
        "unknown invalid_argument");
  const auto deadline = std::chrono::steady_clock::now() + seconds(15);
  while (c.ports.KeyMetadata(TokenOf(ending)) && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  CHECK(Outcome(c.ports.Renew(TokenOf(ending), hours(1))) ==
        "transit_policy_denied permission_denied");
}

TEST_CASE(
    "Renewal: a batch token says that it is not renewable and is neither renewed nor revoked") {
  ContractCase c;
  c.setup.CreateRole(c.setup.options().role, {{"token_type", "batch"}, {"token_ttl", 600}});
  const AdminReply reply = RawLogin(c, c.setup.options().role, c.setup.MintJwt());
  REQUIRE(reply.status == 200);
  const Json& auth = reply.json.at("auth");
  CHECK(auth.at("token_type") == "batch");
  CHECK(auth.at("renewable") == false);
  CHECK(auth.at("lease_duration") == 600);
  CHECK(auth.at("accessor") == "");
  const std::string token = auth.at("client_token");
  CHECK(token.starts_with("b."));
  CHECK(Outcome(c.ports.KeyMetadata(TokenOf(token))) == "ok");
  CHECK(Outcome(c.ports.Renew(TokenOf(token), hours(1))) == "unknown invalid_argument");
  CHECK(c.Root("POST", "auth/token/revoke", {{"token", token}}).status == 400);
  c.setup.RevokeAllTokens();
  CHECK(Outcome(c.ports.KeyMetadata(TokenOf(token))) == "ok");
}

TEST_CASE("Renewal: after the role was deleted it is 500 and the token still serves") {
  ContractCase c;
  const std::string token = c.setup.Login();
  c.setup.DeleteRole();
  CHECK(Outcome(c.ports.Renew(TokenOf(token), hours(1))) == "openbao_unavailable unavailable");
  const AdminReply reply = c.server.Call("POST", "auth/token/renew-self", Json::object(), token);
  CHECK(reply.status == 500);
  CHECK(
      reply.error().contains("role " + c.setup.options().role + " does not exist during renewal"));
  CHECK(Outcome(c.ports.KeyMetadata(TokenOf(token))) == "ok");
}

TEST_SUITE_END();

}  // namespace
}  // namespace baokms::testing
