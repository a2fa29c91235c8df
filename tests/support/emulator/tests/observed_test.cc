// The emulator gives the answers of openbao-observed.md.
#include <doctest/doctest.h>

#include "tests/support/emulator/encoding.h"
#include "tests/support/emulator/tests/test_client.h"

namespace baokms::emulator {
namespace {

const std::string kHello = Base64Encode("hello");
const std::string kAad = Base64Encode("aad");
constexpr const char* kDenied = "1 error occurred:\n\t* permission denied\n\n";

std::string Encrypted(TestClient& client) {
  const Answer answer = client.Post(
      "transit/encrypt/k", {{"plaintext", kHello}, {"associated_data", kAad}, {"key_version", 1}});
  REQUIRE(answer.status == 200);
  return answer.json["data"]["ciphertext"];
}

TEST_CASE("Transit: what encrypt makes decrypt gives back, in the envelope") {
  RunningEmulator running;
  TestClient client = running.Client();
  client.Token(running.LoginToken());
  const std::string ciphertext = Encrypted(client);
  CHECK(ciphertext.starts_with("vault:v1:"));
  CHECK(Base64Decode(ciphertext.substr(9))->size() == 12 + 5 + 16);
  const Answer answer =
      client.Post("transit/decrypt/k", {{"ciphertext", ciphertext}, {"associated_data", kAad}});
  CHECK(answer.json["data"] == Json{{"plaintext", kHello}});
  CHECK(answer.headers.find("Cache-Control: no-store") != std::string::npos);
  CHECK(answer.headers.find("Content-Length: ") != std::string::npos);
  for (const char* field : {"request_id", "lease_id", "renewable", "lease_duration", "data",
                            "wrap_info", "warnings", "auth"}) {
    CHECK(answer.json.contains(field));
  }
}

TEST_CASE("Transit: other associated data fails the authentication") {
  RunningEmulator running;
  TestClient client = running.Root();
  const std::string ciphertext = Encrypted(client);
  for (const Json& aad : {Json(Base64Encode("other")), Json(""), Json(nullptr)}) {
    const Answer answer =
        client.Post("transit/decrypt/k", {{"ciphertext", ciphertext}, {"associated_data", aad}});
    CHECK(answer.status == 400);
    CHECK(answer.error() == "cipher: message authentication failed");
  }
}

TEST_CASE("Transit: the version in a ciphertext's prefix is malleable only as v0") {
  RunningEmulator running;
  TestClient client = running.Root();
  const std::string body = Encrypted(client).substr(9);
  struct Case {
    std::string ciphertext;
    int status;
    std::string error;
  };
  for (const auto& [ciphertext, status, error] :
       {Case{"vault:v0:" + body, 200, ""},
        Case{"vault:v2:" + body, 400, "invalid ciphertext: version is too new"},
        Case{"vault:v-1:" + body, 400,
             "ciphertext or signature version is disallowed by policy (too old)"},
        Case{"vault:vx:" + body, 400, "invalid ciphertext: version number could not be decoded"},
        Case{"vault:v1", 400, "invalid ciphertext: wrong number of fields"},
        Case{body, 400, "invalid ciphertext: no prefix"},
        Case{"vault:v1:!", 400, "invalid ciphertext: could not decode base64"},
        Case{"vault:v1:AAAA", 400, "invalid ciphertext length"}}) {
    CAPTURE(ciphertext);
    const Answer answer =
        client.Post("transit/decrypt/k", {{"ciphertext", ciphertext}, {"associated_data", kAad}});
    CHECK(answer.status == status);
    CHECK(answer.error() == error);
  }
}

TEST_CASE("Transit: encrypt refuses versions it does not have and plaintexts that are none") {
  RunningEmulator running;
  TestClient client = running.Root();
  running.emulator.Api("POST", "transit/keys/k/rotate", Json::object());
  running.emulator.Api("POST", "transit/keys/k/config", {{"min_encryption_version", 2}});
  struct Case {
    Json request;
    int status;
    std::string error;
  };
  for (const auto& [request, status, error] : {
           Case{{{"plaintext", kHello}}, 200, ""},
           Case{{{"plaintext", kHello}, {"key_version", 0}}, 200, ""},
           Case{{{"plaintext", kHello}, {"key_version", 3}},
                400,
                "requested version for encryption is higher than the latest key version"},
           Case{{{"plaintext", kHello}, {"key_version", -1}},
                400,
                "requested version for encryption is negative"},
           Case{{{"plaintext", kHello}, {"key_version", 1}},
                400,
                "requested version for encryption is less than the minimum encryption key version"},
           Case{{{"key_version", 2}}, 400, "missing plaintext to encrypt"},
           Case{{{"plaintext", "!"}}, 400, "illegal base64 data at input byte 0"},
           Case{{{"plaintext", ""}}, 200, ""},
       }) {
    CAPTURE(request.dump());
    const Answer answer = client.Post("transit/encrypt/k", request);
    CHECK(answer.status == status);
    CHECK(answer.error() == error);
    if (status == 200) CHECK(answer.json["data"]["key_version"] == 2);
  }
}

TEST_CASE("Transit: an unknown key is 400, or made when upsert is allowed") {
  RunningEmulator running;
  TestClient client = running.Root();
  const Answer refused = client.Post("transit/encrypt/none", {{"plaintext", kHello}});
  CHECK(refused.status == 400);
  CHECK(refused.error() == "encryption key not found");
  CHECK(client.Post("transit/decrypt/none", {{"ciphertext", "vault:v1:AAAA"}}).error() ==
        "encryption key not found");
  const Answer missing = client.Get("transit/keys/none");
  CHECK(missing.status == 404);
  CHECK(missing.json == Json{{"errors", Json::array()}});
  client.Post("transit/config/keys", {{"disable_upsert", false}});
  CHECK(client.Post("transit/encrypt/none", {{"plaintext", kHello}}).status == 200);
  CHECK(client.Get("transit/keys/none").status == 200);
}

TEST_CASE("Transit: metadata shows versions from min_decryption_version on") {
  RunningEmulator running;
  TestClient client = running.Root();
  client.Post("transit/keys/k/rotate");
  client.Post("transit/keys/k/rotate");
  running.emulator.Control("POST", "transit/creation-time",
                           {{"key", "k"}, {"version", 2}, {"unix_seconds", 1234567890}});
  client.Post("transit/keys/k/config", {{"min_decryption_version", 2}});
  const Json data = client.Get("transit/keys/k").json["data"];
  CHECK(data["keys"].size() == 2);
  CHECK(data["keys"]["2"] == 1234567890);
  CHECK(data["latest_version"] == 3);
  CHECK(data["min_available_version"] == 0);
  CHECK(data["min_decryption_version"] == 2);
  CHECK(data["min_encryption_version"] == 0);
  CHECK(data["type"] == "aes256-gcm96");
  CHECK(data.size() == 18);
  CHECK(client.Post("transit/keys/k/trim", {{"min_available_version", 2}}).status == 400);
  client.Post("transit/keys/k/config", {{"min_encryption_version", 2}});
  CHECK(client.Post("transit/keys/k/trim", {{"min_available_version", 2}})
            .json["data"]["min_available_version"] == 2);
  CHECK(running.emulator.Control("POST", "transit/roll-back", {{"key", "k"}, {"latest_version", 2}})
            .status == 200);
  CHECK(client.Get("transit/keys/k").json["data"]["latest_version"] == 2);
}

TEST_CASE("Transit batch: items keep their order and fail alone, with 400") {
  RunningEmulator running;
  TestClient client = running.Root();
  const Json items = {{{"plaintext", kHello}, {"key_version", 1}, {"reference", "a"}},
                      {{"plaintext", kHello}, {"key_version", 9}, {"reference", "b"}}};
  const Answer answer = client.Post("transit/encrypt/k", {{"batch_input", items}});
  CHECK(answer.status == 400);
  const Json results = answer.json["data"]["batch_results"];
  CHECK(results[0]["key_version"] == 1);
  CHECK(results[0]["reference"] == "a");
  CHECK(results[1]["error"] ==
        "requested version for encryption is higher than the latest key version");
  CHECK(client
            .Post("transit/encrypt/k",
                  {{"batch_input", items}, {"partial_failure_response_code", 207}})
            .status == 207);
  const Answer decrypted = client.Post(
      "transit/decrypt/k",
      {{"batch_input", {{{"ciphertext", results[0]["ciphertext"]}, {"reference", "x"}}}}});
  CHECK(decrypted.status == 200);
  CHECK(decrypted.json["data"]["batch_results"][0] ==
        Json{{"plaintext", kHello}, {"reference", "x"}});
}

TEST_CASE("Transit batch: an item without input or with bad associated data fails it whole") {
  RunningEmulator running;
  TestClient client = running.Root();
  for (const char* verb : {"encrypt", "decrypt"}) {
    const std::string path = std::string("transit/") + verb + "/k";
    CHECK(client.Post(path, {{"batch_input", {{{"reference", "a"}}}}}).status == 500);
    const Answer empty = client.Post(path, {{"batch_input", Json::array()}});
    CHECK(empty.status == 400);
    CHECK(empty.error() == "missing batch input to process");
  }
  CHECK(client
            .Post("transit/encrypt/k",
                  {{"batch_input", {{{"plaintext", kHello}, {"associated_data", "!"}}}}})
            .status == 500);
  CHECK(client.Send("POST", "transit/encrypt/k", "{\"a\"").error() == "error parsing JSON");
}

TEST_CASE("Access: tokens, policies, mounts and namespaces are refused as OpenBao does") {
  RunningEmulator running;
  const std::string token = running.LoginToken();
  TestClient client = running.Client();
  CHECK(client.Get("transit/keys/k").error() == "permission denied");
  client.Token("unknown");
  CHECK(client.Get("transit/keys/k").status == 403);
  client.Token(token);
  CHECK(client.Get("transit/keys/k").status == 200);
  const Answer denied = client.Get("transit/config/keys");
  CHECK(denied.status == 403);
  CHECK(denied.error() == kDenied);
  // An unknown key needs "create", which the policy does not give.
  running.emulator.Api("PUT", "sys/policies/acl/p",
                       {{"policy", "path \"transit/encrypt/*\" { capabilities = [\"update\"] }"}});
  CHECK(client.Post("transit/encrypt/none", {{"plaintext", kHello}}).error() == kDenied);
  TestClient root = running.Root();
  const Answer nowhere = root.Get("nowhere/x");
  CHECK(nowhere.status == 404);
  CHECK(nowhere.error() == "no handler for route \"nowhere/x\". route entry not found.");
  root.Namespace("ns1");
  CHECK(root.Get("transit/keys/k").error() == "namespace not found");
  root.Namespace("").Post("sys/namespaces/ns1");
  root.Namespace("ns1");
  CHECK(root.Get("transit/keys/k").status == 404);
  CHECK(root.Post("sys/mounts/transit", {{"type", "transit"}}).status == 204);
  CHECK(root.Post("transit/keys/inner").status == 200);
  CHECK(root.Namespace("").Get("ns1/transit/keys/inner").status == 200);
}

TEST_CASE("Access: capabilities-self answers under data and at the top level") {
  RunningEmulator running;
  TestClient client = running.Client();
  client.Token(running.LoginToken());
  const Answer answer = client.Post("sys/capabilities-self",
                                    {{"paths", {"transit/keys/k", "transit/decrypt/zz", "other"}}});
  for (const Json& place : {answer.json, answer.json["data"]}) {
    CHECK(place["transit/keys/k"] == Json::array({"read"}));
    CHECK(place["transit/decrypt/zz"] == Json::array({"update"}));
    CHECK(place["other"] == Json::array({"deny"}));
  }
}

TEST_CASE("JWT login: refusals carry OpenBao's texts") {
  RunningEmulator running;
  const std::string front = "error validating token: ";
  struct Case {
    Json claims;
    std::string error;
  };
  for (const auto& [claims, error] : {
           Case{{{"aud", "x"}},
                front + "invalid audience (aud) claim: audience claim does not match any expected "
                        "audience"},
           Case{{{"sub", "x"}}, front + "invalid subject (sub) claim"},
           Case{{{"iss", "x"}}, front + "invalid issuer (iss) claim"},
           Case{{{"exp", 1000}, {"iat", 900}, {"nbf", 900}},
                front + "invalid expiration time (exp) claim: token is expired"},
           Case{{{"iat", nullptr}, {"nbf", nullptr}},  // exp alone, a day ahead
                front + "invalid not before (nbf) claim: token not yet valid"},
       }) {
    const Answer answer = running.JwtLogin(claims);
    CHECK(answer.status == 400);
    CHECK(answer.error() == error);
  }
  CHECK(running.JwtLogin(Json::object(), "none").error() == "role \"none\" could not be found");
  running.emulator.Api("POST", "sys/auth/empty", {{"type", "jwt"}});
  CHECK(running.Client().Post("auth/empty/login", {{"role", "r"}}).error() ==
        "could not load configuration");
  CHECK(running.Client().Post("auth/none/login", {{"role", "r"}}).status == 403);
}

TEST_CASE("JWT login: RS256, ES256 and EdDSA verify, another key does not") {
  RunningEmulator running;
  TestClient client = running.Client();
  for (const auto kind :
       {SigningKeyKind::kRsa2048, SigningKeyKind::kEcP256, SigningKeyKind::kEd25519}) {
    const SharedPkey key = GenerateSigningKey(kind);
    const std::int64_t now = Clock().UnixSeconds();
    const std::string jwt = MintJwt(key.get(), {{"iss", "issuer"},
                                                {"aud", {"z", "aud"}},
                                                {"sub", "me"},
                                                {"iat", now},
                                                {"exp", now + 600}});
    const Json login = {{"role", "r"}, {"jwt", jwt}};
    CHECK(client.Post("auth/jwt/login", login)
              .error()
              .ends_with("no known key successfully validated the token signature"));
    running.emulator.Api("POST", "auth/jwt/config",
                         {{"jwt_validation_pubkeys", {PublicKeyPem(key.get())}}});
    const Answer answer = client.Post("auth/jwt/login", login);
    CHECK(answer.status == 200);
    CHECK(answer.json["auth"]["client_token"].get<std::string>().starts_with("s."));
    CHECK(answer.json["auth"]["lease_duration"] == 600);
    CHECK(answer.json["auth"]["policies"] == Json::array({"p"}));
  }
}

TEST_CASE("Renewal: increments, the rest near max TTL, expiry, revocation, a deleted role") {
  RunningEmulator running;
  TestClient client = running.Client();
  client.Token(running.LoginToken());
  const Answer renewed = client.Post("auth/token/renew-self", {{"increment", 120}});
  CHECK(renewed.status == 200);
  CHECK(renewed.json["data"].is_null());
  CHECK(renewed.json["auth"]["lease_duration"] == 120);
  CHECK(client.Post("auth/token/renew-self", {{"increment", 3600}}).status == 200);
  running.emulator.SetClockOffsetSeconds(3590);
  const std::int64_t rest = client.Post("auth/token/renew-self", {{"increment", 120}})
                                .json["auth"]["lease_duration"]
                                .get<std::int64_t>();
  CHECK(rest > 0);
  CHECK(rest <= 10);
  running.emulator.SetClockOffsetSeconds(3700);
  CHECK(client.Post("auth/token/renew-self").error() == "permission denied");

  running.emulator.SetClockOffsetSeconds(0);
  const std::string token = running.LoginToken();
  client.Token(token);
  running.emulator.Api("DELETE", "auth/jwt/role/r");
  const Answer orphaned = client.Post("auth/token/renew-self");
  CHECK(orphaned.status == 500);
  CHECK(orphaned.error().find("role r does not exist during renewal") != std::string::npos);
  running.emulator.Control("POST", "tokens/revoke", {{"token", token}});
  CHECK(client.Get("transit/keys/k").status == 403);
}

TEST_CASE("Certificate login: the Common Name rule, the allowed names, the renewal's leaf") {
  RunningEmulator running;
  Emulator& emulator = running.emulator;
  emulator.Api("POST", "sys/auth/cert", {{"type", "cert"}});
  emulator.Api("POST", "auth/cert/certs/node",
               {{"certificate", emulator.ClientCaPem()},
                {"allowed_uri_sans", {"spiffe://x/*"}},
                {"token_policies", {"p"}}});
  LeafRequest request;
  request.uri_sans = {"spiffe://x/node"};
  const CertificateAndKey nameless = emulator.IssueClientCertificate(request);
  request.common_name = "node";
  const CertificateAndKey named = emulator.IssueClientCertificate(request);
  const CertificateAndKey again = emulator.IssueClientCertificate(request);
  request.uri_sans = {"spiffe://y/node"};
  const CertificateAndKey other = emulator.IssueClientCertificate(request);
  const auto login = [&running](const CertificateAndKey& pair) {
    return running.Client().Certificate(pair).Post("auth/cert/login", {{"name", "node"}});
  };
  CHECK(running.Client().Post("auth/cert/login").error() == "client certificate must be supplied");
  CHECK(login(nameless).status == 500);
  CHECK(login(nameless).error() == "missing name in alias");
  CHECK(login(other).status == 400);
  const Answer accepted = login(named);
  REQUIRE(accepted.status == 200);
  const std::string token = accepted.json["auth"]["client_token"];
  CHECK(accepted.json["auth"]["metadata"]["common_name"] == "node");
  const auto renew = [&running, &token](const CertificateAndKey& pair) {
    return running.Client().Certificate(pair).Token(token).Post("auth/token/renew-self");
  };
  CHECK(renew(named).status == 200);
  const Answer mismatch = renew(again);
  CHECK(mismatch.status == 500);
  CHECK(mismatch.error().find("client identity during renewal") != std::string::npos);
  emulator.Api("DELETE", "auth/cert/certs/node");
  const Answer gone = renew(named);
  CHECK(gone.status == 204);
  CHECK(gone.text.empty());
}

TEST_CASE("Availability: sealed, rate limited, standby, health") {
  RunningEmulator running;
  TestClient client = running.Root();
  CHECK(client.Get("sys/health").status == 200);
  CHECK(client.Post("sys/quotas/rate-limit/q", {{"path", "transit"}, {"rate", 1}}).status == 204);
  client.Get("transit/keys/k");
  const Answer limited = client.Get("transit/keys/k");
  CHECK(limited.status == 429);
  CHECK(limited.error() == "request path \"transit/keys/k\": rate limit quota exceeded");
  client.Delete("sys/quotas/rate-limit/q");
  CHECK(client.Post("sys/seal").status == 204);
  CHECK(client.Get("transit/keys/k").error() == "Vault is sealed");
  const Answer health = client.Get("sys/health");
  CHECK(health.status == 503);
  CHECK(health.json["sealed"] == true);
  running.emulator.Control("POST", "unseal");
  CHECK(client.Get("transit/keys/k").status == 200);
  running.emulator.Control("POST", "standby", {{"redirect_to", "https://127.0.0.1:1"}});
  CHECK(client.Get("transit/keys/k").status == 307);
  running.emulator.Control("POST", "standby", {{"enabled", false}});
  CHECK(client.Get("transit/keys/k").status == 200);
}

}  // namespace
}  // namespace baokms::emulator
