#include "tests/support/emulator/demo.h"

namespace baokms::emulator {
namespace {

constexpr const char* kMount = "transit";
constexpr const char* kKey = "k8s-demo-etcd";
constexpr const char* kRole = "bao-kms";
constexpr const char* kPolicy = "bao-kms";
constexpr const char* kIssuer = "https://issuer.demo.invalid";
constexpr const char* kAudience = "openbao";
constexpr const char* kSubject = "bao-kms-provider";

constexpr const char* kPolicyText = R"(
path "transit/keys/k8s-demo-etcd" { capabilities = ["read"] }
path "transit/encrypt/k8s-demo-etcd" { capabilities = ["update"] }
path "transit/decrypt/k8s-demo-etcd" { capabilities = ["update"] }
path "transit/config/keys" { capabilities = ["read"] }
path "sys/capabilities-self" { capabilities = ["update"] }
path "auth/token/renew-self" { capabilities = ["update"] }
)";

}  // namespace

std::expected<Json, std::string> SetUpDemo(Emulator& emulator, const std::string& directory) {
  struct Step {
    std::string path;
    Json data;
  };
  const Json token = {{"token_policies", {kPolicy}},
                      {"token_ttl", "30m"},
                      {"token_max_ttl", "1h"},
                      {"token_no_default_policy", true}};
  Json jwt_role = token;
  jwt_role.update(Json{{"role_type", "jwt"},
                       {"user_claim", "sub"},
                       {"bound_audiences", {kAudience}},
                       {"bound_subject", kSubject}});
  Json cert_role = token;
  cert_role.update(
      Json{{"certificate", emulator.ClientCaPem()}, {"allowed_common_names", {kSubject}}});
  const Step steps[] = {
      {std::string("sys/mounts/") + kMount, {{"type", "transit"}}},
      {std::string(kMount) + "/keys/" + kKey, Json::object()},
      {std::string(kMount) + "/config/keys", {{"disable_upsert", true}}},
      {std::string("sys/policies/acl/") + kPolicy, {{"policy", kPolicyText}}},
      {"sys/auth/jwt", {{"type", "jwt"}}},
      {"auth/jwt/config",
       {{"jwt_validation_pubkeys", {emulator.IssuerPublicKeyPem()}}, {"bound_issuer", kIssuer}}},
      {std::string("auth/jwt/role/") + kRole, jwt_role},
      {"sys/auth/cert", {{"type", "cert"}}},
      {std::string("auth/cert/certs/") + kRole, cert_role}};
  for (const Step& step : steps) {
    const auto reply = emulator.Api("POST", step.path, step.data);
    if (reply.status >= 300) return std::unexpected(step.path + ": " + reply.body.dump());
  }
  const std::string jwt_file = directory + "/identity.jwt";
  const std::string jwt =
      emulator.MintJwt({{"iss", kIssuer}, {"aud", kAudience}, {"sub", kSubject}});
  LeafRequest leaf;
  leaf.common_name = kSubject;
  const CertificateAndKey client = emulator.IssueClientCertificate(leaf);
  struct File {
    std::string path;
    const std::string& text;
  };
  for (const auto& [path, text] :
       {File{jwt_file, jwt}, File{directory + "/client.pem", client.certificate_pem},
        File{directory + "/client.key", client.private_key_pem}}) {
    const auto written = WriteTextFile(path, text, 0600);
    if (!written) return std::unexpected(written.error());
  }
  return Json{{"transit_mount", kMount},
              {"transit_key", kKey},
              {"jwt_mount", "auth/jwt"},
              {"cert_mount", "auth/cert"},
              {"role", kRole},
              {"jwt_file", jwt_file},
              {"jwt_issuer", kIssuer},
              {"jwt_audience", kAudience},
              {"jwt_subject", kSubject},
              {"client_certificate_file", directory + "/client.pem"},
              {"client_key_file", directory + "/client.key"}};
}

}  // namespace baokms::emulator
