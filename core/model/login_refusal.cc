#include "core/model/login_refusal.h"

#include <algorithm>

namespace baokms::core {
namespace {

std::string_view WordsOf(LoginRefusal why) {
  switch (why) {
    case LoginRefusal::kDenied:
      return "OpenBao denies this login: it has no such auth method, or not for this address";
    case LoginRefusal::kNotConfigured:
      return "OpenBao's auth method has no configuration yet";
    case LoginRefusal::kRole:
      return "OpenBao has no such role";
    case LoginRefusal::kIssuer:
      return "OpenBao refused the JWT's issuer (iss)";
    case LoginRefusal::kSubject:
      return "OpenBao refused the JWT's subject (sub)";
    case LoginRefusal::kAudience:
      return "OpenBao refused the JWT's audience (aud)";
    case LoginRefusal::kClaims:
      return "OpenBao refused a claim of the JWT";
    case LoginRefusal::kSignature:
      return "OpenBao could not verify the JWT's signature";
    case LoginRefusal::kExpired:
      return "the JWT has expired by OpenBao's clock";
    case LoginRefusal::kNotYetValid:
      return "the JWT is not valid yet by OpenBao's clock";
    case LoginRefusal::kOther:
      break;
  }
  return LoginRefused().message();
}

}  // namespace

std::string_view Name(LoginRefusal why) {
  switch (why) {
    case LoginRefusal::kDenied:
      return "denied";
    case LoginRefusal::kNotConfigured:
      return "not_configured";
    case LoginRefusal::kRole:
      return "role";
    case LoginRefusal::kIssuer:
      return "issuer";
    case LoginRefusal::kSubject:
      return "subject";
    case LoginRefusal::kAudience:
      return "audience";
    case LoginRefusal::kClaims:
      return "claims";
    case LoginRefusal::kSignature:
      return "signature";
    case LoginRefusal::kExpired:
      return "expired";
    case LoginRefusal::kNotYetValid:
      return "not_yet_valid";
    case LoginRefusal::kOther:
      break;
  }
  return "";
}

Error LoginRefused(LoginRefusal why) {
  return Error::Make(RpcCode::kUnauthenticated, ErrorClass::kAuthFailed, WordsOf(why),
                     OpenBaoStatus::kUnauthenticated);
}

std::optional<LoginRefusal> LoginRefusalOf(const Error& error) {
  const auto* const found = std::ranges::find_if(
      kLoginRefusals, [&error](LoginRefusal why) { return LoginRefused(why) == error; });
  return found == kLoginRefusals.end() ? std::nullopt : std::optional(*found);
}

}  // namespace baokms::core
