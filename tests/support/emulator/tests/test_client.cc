#include "tests/support/emulator/tests/test_client.h"

#include <doctest/doctest.h>

#include <utility>

namespace baokms::emulator {
namespace {

std::size_t Append(char* data, std::size_t size, std::size_t count, void* into) {
  static_cast<std::string*>(into)->append(data, size * count);
  return size * count;
}

void SetBlob(CURL* curl, CURLoption option, const std::string& text) {
  if (text.empty()) return;
  curl_blob blob{const_cast<char*>(text.data()), text.size(), CURL_BLOB_COPY};
  curl_easy_setopt(curl, option, &blob);
}

Emulator::Options WithoutFiles(Release release) {
  Emulator::Options options;
  options.release = std::move(release);
  options.root_token = "root";
  return options;
}

constexpr const char* kPolicy = R"(
# what the provider may do
path "transit/keys/k" { capabilities = ["read"] }
path "transit/encrypt/k" { capabilities = ["update"] }
path "transit/decrypt/*" { capabilities = ["update"] }
path "auth/token/renew-self" { capabilities = ["update"] }
path "sys/capabilities-self" { capabilities = ["update"] }
)";

}  // namespace

std::string Answer::error() const {
  if (!json.is_object() || !json.contains("errors") || json["errors"].empty()) return {};
  return json["errors"][0].get<std::string>();
}

TestClient::TestClient(std::string address, std::string ca_pem)
    : address_(std::move(address)), ca_pem_(std::move(ca_pem)), curl_(curl_easy_init()) {}

TestClient& TestClient::Token(std::string token) {
  token_ = std::move(token);
  return *this;
}

TestClient& TestClient::Namespace(std::string name_space) {
  name_space_ = std::move(name_space);
  return *this;
}

TestClient& TestClient::Certificate(const CertificateAndKey& pair) {
  pair_ = pair;
  return *this;
}

TestClient& TestClient::TimeoutMillis(long timeout) {
  timeout_ = timeout;
  return *this;
}

Answer TestClient::Send(const std::string& method, const std::string& path,
                        const std::string& body) {
  CURL* curl = curl_.get();
  curl_easy_reset(curl);
  Answer answer;
  const std::string url = address_ + (path.starts_with('/') ? path : "/v1/" + path);
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method.c_str());
  curl_easy_setopt(curl, CURLOPT_PROXY, "");
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, timeout_);
  if (!body.empty()) {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
    curl_easy_setopt(curl, CURLOPT_COPYPOSTFIELDS, body.c_str());
  }
  SetBlob(curl, CURLOPT_CAINFO_BLOB, ca_pem_);
  SetBlob(curl, CURLOPT_SSLCERT_BLOB, pair_.certificate_pem);
  SetBlob(curl, CURLOPT_SSLKEY_BLOB, pair_.private_key_pem);
  curl_slist* headers = curl_slist_append(nullptr, "Content-Type: application/json");
  if (!token_.empty()) headers = curl_slist_append(headers, ("X-Vault-Token: " + token_).c_str());
  if (!name_space_.empty()) {
    headers = curl_slist_append(headers, ("X-Vault-Namespace: " + name_space_).c_str());
  }
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, Append);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer.text);
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, Append);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, &answer.headers);
  answer.code = curl_easy_perform(curl);
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  answer.status = static_cast<int>(status);
  answer.json = Json::parse(answer.text, nullptr, false);
  curl_slist_free_all(headers);
  return answer;
}

RunningEmulator::RunningEmulator(Release release) : emulator(WithoutFiles(std::move(release))) {
  REQUIRE(emulator.Start().has_value());
  const auto set_up = [this](const std::string& path, const Json& data) {
    const auto reply = emulator.Api("POST", path, data);
    REQUIRE_MESSAGE(reply.status < 300, path, ": ", reply.body.dump());
  };
  set_up("sys/mounts/transit", {{"type", "transit"}});
  set_up("transit/keys/k", Json::object());
  set_up("transit/config/keys", {{"disable_upsert", true}});
  set_up("sys/policies/acl/p", {{"policy", kPolicy}});
  set_up("sys/auth/jwt", {{"type", "jwt"}});
  set_up("auth/jwt/config",
         {{"jwt_validation_pubkeys", {emulator.IssuerPublicKeyPem()}}, {"bound_issuer", "issuer"}});
  set_up("auth/jwt/role/r", {{"role_type", "jwt"},
                             {"user_claim", "sub"},
                             {"bound_audiences", {"aud"}},
                             {"bound_subject", "me"},
                             {"token_policies", {"p"}},
                             {"token_ttl", "10m"},
                             {"token_max_ttl", "1h"},
                             {"token_no_default_policy", true}});
}

Answer RunningEmulator::JwtLogin(const Json& claims, const std::string& role) {
  Json full = {{"iss", "issuer"}, {"aud", "aud"}, {"sub", "me"}};
  full.update(claims);
  return Client().Post("auth/jwt/login", {{"role", role}, {"jwt", emulator.MintJwt(full)}});
}

std::string RunningEmulator::LoginToken() {
  const Answer login = JwtLogin();
  REQUIRE(login.status == 200);
  return login.json["auth"]["client_token"];
}

}  // namespace baokms::emulator
