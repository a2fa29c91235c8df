#include "core/model/login_refusal.h"

#include <algorithm>

namespace baokms::core {
namespace {

struct Text {
  std::string_view name;
  std::string_view words;
};

Text TextOf(LoginRefusal why) {
  switch (why) {
    case LoginRefusal::kDenied:
      return {"denied",
              "OpenBao denies this login: it has no such auth method, or not for this address"};
    case LoginRefusal::kNotConfigured:
      return {"not_configured", "OpenBao's auth method has no configuration yet"};
    case LoginRefusal::kRole:
      return {"role", "OpenBao has no such role"};
    case LoginRefusal::kIssuer:
      return {"issuer", "OpenBao refused the JWT's issuer (iss)"};
    case LoginRefusal::kSubject:
      return {"subject", "OpenBao refused the JWT's subject (sub)"};
    case LoginRefusal::kAudience:
      return {"audience", "OpenBao refused the JWT's audience (aud)"};
    case LoginRefusal::kClaims:
      return {"claims", "OpenBao refused a claim of the JWT"};
    case LoginRefusal::kSignature:
      return {"signature", "OpenBao could not verify the JWT's signature"};
    case LoginRefusal::kExpired:
      return {"expired", "the JWT has expired by OpenBao's clock"};
    case LoginRefusal::kNotYetValid:
      return {"not_yet_valid", "the JWT is not valid yet by OpenBao's clock"};
    case LoginRefusal::kOther:
      break;
  }
  return {"", LoginRefused().message()};
}

}  // namespace

std::string_view Name(LoginRefusal why) { return TextOf(why).name; }

Error LoginRefused(LoginRefusal why) {
  return Error::Make(RpcCode::kUnauthenticated, ErrorClass::kAuthFailed, TextOf(why).words,
                     OpenBaoStatus::kUnauthenticated);
}

std::optional<LoginRefusal> LoginRefusalOf(const Error& error) {
  const auto* const found = std::ranges::find_if(
      kLoginRefusals, [&error](LoginRefusal why) { return LoginRefused(why) == error; });
  return found == kLoginRefusals.end() ? std::nullopt : std::optional(*found);
}

}  // namespace baokms::core
