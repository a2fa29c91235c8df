#include "adapters/jwt/token_request.h"

#include <doctest/doctest.h>

#include <cctype>
#include <cstdio>
#include <string>
#include <tuple>
#include <vector>

#include "adapters/jwt/form_encoding.h"
#include "adapters/jwt/token_endpoint.h"
#include "core/text/base64.h"

namespace baokms::tests {
namespace {

using adapters::jwt::MakeTokenRequest;
using adapters::jwt::TokenEndpoint;

std::string Encoded(std::string_view bytes) {
  std::string text(adapters::jwt::FormEncodedLength(bytes), '\0');
  CHECK(adapters::jwt::FormEncodeTo(bytes, text.data()) == text.data() + text.size());
  return text;
}

core::Oauth2Configuration Configured() {
  core::Oauth2Configuration oauth2;
  oauth2.client_id = "kms";
  return oauth2;
}

std::string Basic(const std::string& id, std::string_view secret) {
  core::Oauth2Configuration oauth2 = Configured();
  oauth2.client_id = id;
  const auto request = MakeTokenRequest(oauth2, secret);
  const std::string header(request.authorization.ExposeSecret());
  REQUIRE(header.starts_with("Authorization: Basic "));
  const auto pair = core::Base64DecodeSecret(header.substr(21));
  REQUIRE(pair.has_value());
  return std::string(pair->ExposeSecret());
}

TEST_CASE("Form encoding: every byte has one text") {
  std::string every;
  for (int byte = 0; byte < 256; ++byte) every += static_cast<char>(byte);
  std::string expected;
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    if (byte < 128 && (std::isalnum(byte) != 0 || std::string_view("-._~").contains(c))) {
      expected += c;
    } else if (c == ' ') {
      expected += '+';
    } else {
      char escaped[4];
      std::snprintf(escaped, sizeof(escaped), "%%%02X", static_cast<unsigned>(byte));
      expected += escaped;
    }
  }
  CHECK(Encoded(every) == expected);
  CHECK(Encoded("") == "");
}

// The two examples of RFC 6749: Appendix B's characters, and 4.4.2's header.
TEST_CASE("Form encoding: the characters of RFC 6749 Appendix B") {
  CHECK(Encoded(" %&+\xc2\xa3\xe2\x82\xac") == "+%25%26%2B%C2%A3%E2%82%AC");
}

TEST_CASE("Token request: Basic is the header of RFC 6749 4.4.2") {
  core::Oauth2Configuration oauth2 = Configured();
  oauth2.client_id = "s6BhdRkqt3";
  const auto request = MakeTokenRequest(oauth2, "gX1fBat3bV");
  CHECK(request.authorization.ExposeSecret() ==
        "Authorization: Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW");
  CHECK(request.form.ExposeSecret() == "grant_type=client_credentials");
}

TEST_CASE("Token request: Basic encodes odd ids and secrets before they are joined") {
  CHECK(Basic("kms", "secret") == "kms:secret");
  CHECK(Basic("a:b", "c:d") == "a%3Ab:c%3Ad");
  CHECK(Basic("urn:kms/1", "100% +\xc3\xa4\"&=") == "urn%3Akms%2F1:100%25+%2B%C3%A4%22%26%3D");
}

TEST_CASE("Token request: client_secret_post puts both into the form and sends no header") {
  core::Oauth2Configuration oauth2 = Configured();
  oauth2.auth_method = core::ClientAuthMethod::kClientSecretPost;
  oauth2.client_id = "k m:s";
  const auto request = MakeTokenRequest(oauth2, "a&b=c %\xc3\xa4+");
  CHECK(request.authorization.empty());
  CHECK(request.form.ExposeSecret() ==
        "grant_type=client_credentials&client_id=k+m%3As&client_secret=a%26b%3Dc+%25%C3%A4%2B");
}

TEST_CASE("Token request: scope and audience and each resource are sent when configured") {
  core::Oauth2Configuration oauth2 = Configured();
  oauth2.scopes = {"kms:read", "openid"};
  oauth2.audience = "https://openbao.example/";
  oauth2.resources = {"urn:openbao:kms", "https://kms.example/?a=b"};
  CHECK(MakeTokenRequest(oauth2, "s").form.ExposeSecret() ==
        "grant_type=client_credentials&scope=kms%3Aread+openid"
        "&audience=https%3A%2F%2Fopenbao.example%2F"
        "&resource=urn%3Aopenbao%3Akms&resource=https%3A%2F%2Fkms.example%2F%3Fa%3Db");
}

TEST_CASE("Token request: the transport's headers say what is sent and wanted") {
  CHECK(adapters::jwt::TokenRequestHeaders() ==
        std::vector<std::string>{"Content-Type: application/x-www-form-urlencoded",
                                 "Accept: application/json"});
}

TEST_CASE("Token endpoint: the URL is cut between server and target") {
  for (const auto& [url, origin, target] :
       {std::tuple{"https://idp.example", "https://idp.example", "/"},
        {"https://idp.example/", "https://idp.example", "/"},
        {"https://idp.example:8443/oauth/token", "https://idp.example:8443", "/oauth/token"},
        {"https://idp.example/token/?tenant=1/2", "https://idp.example", "/token/?tenant=1/2"},
        {"https://idp.example?tenant=1", "https://idp.example", "/?tenant=1"},
        {"https://[::1]:1/t", "https://[::1]:1", "/t"}}) {
    const TokenEndpoint endpoint = TokenEndpoint::Of(url);
    CHECK(endpoint.origin == origin);
    CHECK(endpoint.target == target);
  }
}

}  // namespace
}  // namespace baokms::tests
