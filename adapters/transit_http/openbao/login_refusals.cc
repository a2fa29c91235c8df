#include "adapters/transit_http/openbao/login_refusals.h"

#include <array>
#include <utility>

namespace baokms::adapters::transit_http {
namespace {

using core::LoginRefusal;

// The first that the body has.
constexpr std::array kOfJwtLogin{
    std::pair{std::string_view("could not load configuration"), LoginRefusal::kNotConfigured},
    std::pair{std::string_view("could not be found"), LoginRefusal::kRole},
    std::pair{std::string_view("missing role"), LoginRefusal::kRole},
    std::pair{std::string_view("error verifying token signature"), LoginRefusal::kSignature},
    std::pair{std::string_view("invalid issuer (iss) claim"), LoginRefusal::kIssuer},
    std::pair{std::string_view("invalid subject (sub) claim"), LoginRefusal::kSubject},
    std::pair{std::string_view("invalid audience (aud) claim"), LoginRefusal::kAudience},
    std::pair{std::string_view("no audiences bound to the role"), LoginRefusal::kAudience},
    std::pair{std::string_view("invalid expiration time (exp) claim"), LoginRefusal::kExpired},
    std::pair{std::string_view("invalid not before (nbf) claim"), LoginRefusal::kNotYetValid},
    std::pair{std::string_view("invalid issued at (iat) claim"), LoginRefusal::kNotYetValid},
    std::pair{std::string_view("error validating claims"), LoginRefusal::kClaims},
    std::pair{std::string_view("not found in token"), LoginRefusal::kClaims}};

}  // namespace

LoginRefusal WhyRefused(core::OpenBaoOperation operation, int http_status, std::string_view body) {
  if (http_status == 403) return LoginRefusal::kDenied;
  if (operation != core::OpenBaoOperation::kJwtLogin) return LoginRefusal::kOther;
  for (const auto& [text, why] : kOfJwtLogin) {
    if (body.contains(text)) return why;
  }
  return LoginRefusal::kOther;
}

}  // namespace baokms::adapters::transit_http
