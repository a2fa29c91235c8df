// openbao-observed.md: tokens, policies, namespaces, mounts, capabilities, seal, quotas, restarts.
#include <doctest/doctest.h>

#include "core/text/base64.h"
#include "tests/contract/contract_case.h"

namespace baokms::testing {
namespace {

constexpr const char* kPolicyDenied = "transit_policy_denied permission_denied";
const Json kHelloBody = {{"plaintext", core::Base64Encode("hello")}};

// The outcomes of every port call that needs a token.
std::vector<std::string> EveryOutcome(ContractCase& c, const ports::TokenRef& token,
                                      const std::string& sealed) {
  return {Outcome(c.ports.Encrypt(token, "hello", 1, kAad)),
          Outcome(c.ports.Decrypt(token, sealed, kAad)),
          Outcome(c.ports.KeyMetadata(token)),
          Outcome(c.ports.DisableUpsert(token)),
          Outcome(c.ports.ReadCapabilities(token, {c.Path("keys")})),
          Outcome(c.ports.Renew(token, std::chrono::hours(1)))};
}

TEST_SUITE_BEGIN("access");

TEST_CASE("Token: unknown or revoked or absent is denied everywhere") {
  ContractCase c;
  const std::string sealed = c.Ciphertext();
  const std::string revoked = c.setup.Login();
  const std::string swept = c.setup.Login();
  CHECK(EveryOutcome(c, TokenOf(revoked), sealed) == std::vector<std::string>(6, "ok"));
  c.setup.RevokeToken(revoked);
  const std::vector<std::string> denied(6, kPolicyDenied);
  CHECK(EveryOutcome(c, TokenOf(revoked), sealed) == denied);
  CHECK(EveryOutcome(c, TokenOf("s.unknown"), sealed) == denied);
  CHECK(Outcome(c.ports.KeyMetadata(TokenOf(swept))) == "ok");
  c.setup.RevokeAllTokens();
  CHECK(Outcome(c.ports.KeyMetadata(TokenOf(swept))) == kPolicyDenied);
  for (const std::string& token : {revoked, std::string("s.unknown"), std::string()}) {
    const AdminReply reply = c.server.Call("GET", c.Path("keys"), Json(), token);
    CHECK(reply.status == 403);
    CHECK(reply.error() == "permission denied");
  }
}

TEST_CASE("Policy: what it does not give is denied and a change counts at once") {
  ContractCase c;
  const std::string sealed = c.Ciphertext();
  const std::string token = c.setup.Login();
  c.setup.SetPolicy("path \"" + c.Path("keys") + "\" { capabilities = [\"read\"] }\n");
  CHECK(EveryOutcome(c, TokenOf(token), sealed) ==
        std::vector<std::string>{kPolicyDenied, kPolicyDenied, "ok", kPolicyDenied, kPolicyDenied,
                                 kPolicyDenied});
  const AdminReply reply = c.server.Call("POST", c.Path("encrypt"), kHelloBody, token);
  CHECK(reply.status == 403);
  CHECK(reply.error() == kDenied);
  c.setup.SetPolicy();
  CHECK(EveryOutcome(c, TokenOf(token), sealed) == std::vector<std::string>(6, "ok"));
}

TEST_CASE("Policy: an unknown key needs create where the policy reaches it") {
  ContractCase c;
  c.setup.SetPolicy(c.setup.LeastPrivilegePolicy({"*"}));
  const std::string token = c.setup.Login();
  const AdminReply encrypt =
      c.server.Call("POST", c.Path("encrypt", "nobody-made-it"), kHelloBody, token);
  CHECK(encrypt.status == 403);
  CHECK(encrypt.error() == kDenied);
  const AdminReply decrypt = c.server.Call("POST", c.Path("decrypt", "nobody-made-it"),
                                           {{"ciphertext", c.Ciphertext()}}, token);
  CHECK(decrypt.status == 400);
  CHECK(decrypt.error() == "encryption key not found");
}

TEST_CASE("Capabilities: exactly the paths asked, deny where there is nothing") {
  ContractCase c;
  const std::string token = c.setup.Login();
  const std::vector<std::string> paths = {c.Path("keys"), c.Path("encrypt"), c.Path("decrypt"),
                                          c.Path("export"), c.Path("keys") + "/rotate"};
  const PortsUnderTest::Capabilities expected = {{paths[0], {"read"}},
                                                 {paths[1], {"update"}},
                                                 {paths[2], {"update"}},
                                                 {paths[3], {"deny"}},
                                                 {paths[4], {"deny"}}};
  const auto read = c.ports.ReadCapabilities(TokenOf(token), paths);
  REQUIRE(Outcome(read) == "ok");
  CHECK(*read == expected);
  const auto root = c.ports.ReadCapabilities(c.root, {paths[0]});
  REQUIRE(Outcome(root) == "ok");
  CHECK(root->at(paths[0]) == std::vector<std::string>{"root"});
  const AdminReply reply =
      c.server.Call("POST", "sys/capabilities-self", {{"paths", paths}}, token);
  for (const Json& place : {reply.json, reply.data()}) {
    CHECK(place.at(paths[1]) == Json::array({"update"}));
    CHECK(place.at(paths[3]) == Json::array({"deny"}));
  }
}

TEST_CASE("Namespace: an unknown one and an unknown mount are not found") {
  ContractCase c;
  const SetupOptions& names = c.setup.options();
  PortsUnderTest lost(
      c.server,
      {.name_space = "nowhere", .transit_mount = names.transit_mount, .key_name = names.key_name});
  PortsUnderTest unmounted(c.server, {.transit_mount = "nowhere", .key_name = names.key_name});
  for (PortsUnderTest* ports : {&lost, &unmounted}) {
    CHECK(Outcome(ports->Encrypt(c.root, "hello", 1, kAad)) == "transit_key_missing not_found");
    CHECK(Outcome(ports->KeyMetadata(c.root)) == "transit_key_missing not_found");
  }
  const AdminReply space =
      c.server.Call("GET", c.Path("keys"), Json(), c.server.root_token(), "nowhere");
  CHECK(space.status == 404);
  CHECK(space.error() == "namespace not found");
  const AdminReply mount = c.Root("GET", "nowhere/keys/k");
  CHECK(mount.status == 404);
  CHECK(mount.error() == "no handler for route \"nowhere/keys/k\". route entry not found.");
}

TEST_CASE("Namespace: login and keys of one are apart from the root's") {
  ContractCase c({.name_space = "tenant"});
  const auto granted =
      c.ports.Login(c.setup.options().auth_mount, c.setup.options().role, c.setup.MintJwt());
  REQUIRE(Outcome(granted) == "ok");
  const ports::TokenRef token = TokenOf(granted->token);
  const auto sealed = c.ports.Encrypt(token, "hello", 1, kAad);
  REQUIRE(Outcome(sealed) == "ok");
  CHECK(c.ports.Decrypt(token, sealed->bytes(), kAad) == core::Result<std::string>("hello"));
  CHECK(c.ports.DisableUpsert(token) == core::Result<bool>(true));
  CHECK(Outcome(c.ports.ReadCapabilities(token, {c.Path("keys")})) == "ok");
  CHECK(Outcome(c.ports.Renew(token, std::chrono::minutes(10))) == "ok");
  PortsUnderTest outside(c.server, {.transit_mount = c.setup.options().transit_mount,
                                    .key_name = c.setup.options().key_name});
  CHECK(Outcome(outside.KeyMetadata(c.root)) == "transit_key_missing not_found");
  CHECK(Outcome(outside.KeyMetadata(token)) == kPolicyDenied);
}

TEST_CASE("Quota: a rate limit is 429 with the path in its text") {
  ContractCase c;
  const std::string quota = "sys/quotas/rate-limit/" + c.setup.options().key_name;
  REQUIRE(c.Root("POST", quota,
                 {{"path", c.setup.options().transit_mount}, {"rate", 1}, {"interval", "60s"}})
              .status == 204);
  CHECK(Outcome(c.ports.KeyMetadata(c.root)) == "ok");  // uses the quota up
  CHECK(Outcome(c.ports.KeyMetadata(c.root)) == "openbao_rate_limited resource_exhausted");
  CHECK(Outcome(c.ports.Encrypt(c.root, "hello", 1, kAad)) ==
        "openbao_rate_limited resource_exhausted");
  const AdminReply reply = c.Root("GET", c.Path("keys"));
  CHECK(reply.status == 429);
  CHECK(reply.error() == "request path \"" + c.Path("keys") + "\": rate limit quota exceeded");
  REQUIRE(c.Root("DELETE", quota).status == 204);
  CHECK(Outcome(c.ports.KeyMetadata(c.root)) == "ok");
}

TEST_CASE("Seal: every call says sealed and all is back after unsealing") {
  ContractCase c;
  const std::string sealed = c.Ciphertext();
  const ports::TokenRef token = c.LoginToken();
  const std::string& mount = c.setup.options().auth_mount;
  const std::string& role = c.setup.options().role;
  c.server.Seal();
  CHECK(EveryOutcome(c, token, sealed) ==
        std::vector<std::string>(6, "openbao_sealed unavailable"));
  CHECK(Outcome(c.ports.Login(mount, role, c.setup.MintJwt())) == "openbao_sealed unavailable");
  const AdminReply reply = c.Root("GET", c.Path("keys"));
  CHECK(reply.status == 503);
  CHECK(reply.error() == "Vault is sealed");
  const AdminReply health = c.server.Call("GET", "sys/health", Json(), "");
  CHECK(health.status == 503);
  CHECK(health.json.at("sealed") == true);
  c.server.Unseal();
  CHECK(EveryOutcome(c, token, sealed) == std::vector<std::string>(6, "ok"));
  const AdminReply back = c.server.Call("GET", "sys/health", Json(), "");
  CHECK(back.status == 200);
  CHECK(back.json.at("initialized") == true);
  CHECK(back.json.at("sealed") == false);
  CHECK(back.json.at("standby") == false);
  CHECK(back.json.at("version").is_string());
  CHECK(back.json.at("cluster_id").is_string());
}

TEST_CASE("Restart: connecting fails while the server is down and its data is there afterwards") {
  UseRaftStorage();
  ContractCase c;
  const std::string sealed = c.Ciphertext();
  const ports::TokenRef token = c.LoginToken();
  c.server.Stop();
  const auto budget = std::exchange(c.ports.budget, std::chrono::milliseconds(500));
  CHECK(EveryOutcome(c, token, sealed) ==
        std::vector<std::string>(6, "openbao_connection_failed unavailable"));
  c.ports.budget = budget;
  c.server.Start();
  CHECK(EveryOutcome(c, token, sealed) == std::vector<std::string>(6, "ok"));
}

TEST_SUITE_END();

}  // namespace
}  // namespace baokms::testing
