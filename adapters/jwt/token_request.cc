#include "adapters/jwt/token_request.h"

#include <algorithm>

#include "adapters/jwt/form_encoding.h"
#include "core/text/base64.h"

namespace baokms::adapters::jwt {
namespace {

std::string Parameter(std::string_view name, std::string_view value) {
  std::string parameter = "&" + std::string(name) + "=";
  const std::size_t start = parameter.size();
  parameter.resize(start + FormEncodedLength(value));
  FormEncodeTo(value, parameter.data() + start);
  return parameter;
}

// `start` and the encoded secret behind it.
core::Secret WithSecret(std::string_view start, std::string_view secret) {
  core::Secret whole = core::Secret::OfSize(start.size() + FormEncodedLength(secret));
  char* next = std::ranges::copy(start, whole.MutableBytes().data()).out;
  FormEncodeTo(secret, next);
  return whole;
}

std::string FormWithoutSecret(const core::Oauth2Configuration& oauth2) {
  std::string form = "grant_type=client_credentials";
  std::string scope;
  for (const std::string& token : oauth2.scopes) scope += (scope.empty() ? "" : " ") + token;
  if (!scope.empty()) form += Parameter("scope", scope);
  if (!oauth2.audience.empty()) form += Parameter("audience", oauth2.audience);
  for (const std::string& resource : oauth2.resources) form += Parameter("resource", resource);
  return form;
}

// Id and secret are form-encoded before base64 (RFC 6749, 2.3.1): a ':' in the id is none then.
core::Secret BasicHeader(std::string_view client_id, std::string_view secret) {
  constexpr std::string_view kStart = "Authorization: Basic ";
  std::string id(FormEncodedLength(client_id), '\0');
  FormEncodeTo(client_id, id.data());
  const core::Secret pair = WithSecret(id + ":", secret);
  core::Secret header = core::Secret::OfSize(kStart.size() + core::Base64Length(pair.size()));
  char* next = std::ranges::copy(kStart, header.MutableBytes().data()).out;
  core::Base64EncodeTo(pair.ExposeSecret(), next);
  return header;
}

}  // namespace

CredentialEncoding EncodingOf(const core::Oauth2Configuration& oauth2, std::string_view secret) {
  const bool basic = oauth2.auth_method == core::ClientAuthMethod::kClientSecretBasic;
  return basic && (FormEncodingChanges(oauth2.client_id) || FormEncodingChanges(secret))
             ? CredentialEncoding::kChangesThem
             : CredentialEncoding::kLeavesThem;
}

TokenRequest MakeTokenRequest(const core::Oauth2Configuration& oauth2, std::string_view secret) {
  const std::string form = FormWithoutSecret(oauth2);
  switch (oauth2.auth_method) {
    case core::ClientAuthMethod::kClientSecretBasic:
      return {.authorization = BasicHeader(oauth2.client_id, secret),
              .form = core::Secret::Copy(form)};
    case core::ClientAuthMethod::kClientSecretPost:
      break;
  }
  const std::string start = form + Parameter("client_id", oauth2.client_id) + "&client_secret=";
  return {.authorization = {}, .form = WithSecret(start, secret)};
}

std::vector<std::string> TokenRequestHeaders() {
  return {"Content-Type: application/x-www-form-urlencoded", "Accept: application/json"};
}

}  // namespace baokms::adapters::jwt
