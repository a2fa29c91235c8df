// What is understood of OpenBao's texts; that it says them is the contract suite's matter
// ("Login: claims the role does not accept are refused in OpenBao's words").
#include "adapters/transit_http/openbao/login_refusals.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

namespace baokms::adapters::transit_http {
namespace {

using core::LoginRefusal;
using core::OpenBaoOperation;

LoginRefusal Why(const std::string& text, int status = 400,
                 OpenBaoOperation operation = OpenBaoOperation::kJwtLogin) {
  return WhyRefused(operation, status, R"({"errors":[")" + text + "\"]}\n");
}

TEST_CASE("Refused login: each text of OpenBao is one cause") {
  const std::string front = "error validating token: ";
  const std::vector<std::pair<std::string, LoginRefusal>> rows{
      {"could not load configuration", LoginRefusal::kNotConfigured},
      {R"(role \"nobody\" could not be found)", LoginRefusal::kRole},
      {"missing role", LoginRefusal::kRole},
      {front + "error verifying token signature: no known key successfully validated the token "
               "signature",
       LoginRefusal::kSignature},
      {front + "invalid issuer (iss) claim", LoginRefusal::kIssuer},
      {front + "invalid subject (sub) claim", LoginRefusal::kSubject},
      {front + "invalid audience (aud) claim: audience claim does not match any expected audience",
       LoginRefusal::kAudience},
      {"audience claim found in JWT but no audiences bound to the role", LoginRefusal::kAudience},
      {front + "invalid expiration time (exp) claim: token is expired", LoginRefusal::kExpired},
      {front + "invalid not before (nbf) claim: token not yet valid", LoginRefusal::kNotYetValid},
      {front + "invalid issued at (iat) claim: token issued in the future",
       LoginRefusal::kNotYetValid},
      {R"(error validating claims: claim \"team\" is missing)", LoginRefusal::kClaims},
      {R"(claim \"nope\" not found in token)", LoginRefusal::kClaims},
      {"something else", LoginRefusal::kOther}};
  for (const auto& [text, why] : rows) {
    CAPTURE(text);
    CHECK(Why(text) == why);
    const auto error = core::LoginRefused(why);
    CHECK(error.error_class() == core::ErrorClass::kAuthFailed);
    CHECK(core::LoginRefusalOf(error) == why);
  }
  CHECK(Why("permission denied", 403) == LoginRefusal::kDenied);
}

TEST_CASE("Refused login: texts of a JWT login say nothing about a certificate login") {
  CHECK(Why("error verifying token signature", 400, OpenBaoOperation::kCertLogin) ==
        LoginRefusal::kOther);
  CHECK(core::LoginRefused(LoginRefusal::kOther) == core::LoginRefused());
}

}  // namespace
}  // namespace baokms::adapters::transit_http
