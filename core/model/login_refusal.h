// Why OpenBao refused a login, as far as it says (openbao-observed.md, "Refused logins"). It changes
// what a person reads and nothing else: every refusal is LoginRefused() to the program.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/model/error.h"

namespace baokms::core {

enum class LoginRefusal : std::uint8_t {
  kOther,
  kDenied,         // 403: no such mount, or this node's address is not one of the role's
  kNotConfigured,  // the mount has no configuration yet
  kRole,           // there is no such role
  kIssuer,
  kSubject,
  kAudience,
  kClaims,  // bound_claims, or the claim that user_claim names
  kSignature,
  kExpired,
  kNotYetValid,
};

inline constexpr std::array kLoginRefusals{
    LoginRefusal::kOther,    LoginRefusal::kDenied,    LoginRefusal::kNotConfigured,
    LoginRefusal::kRole,     LoginRefusal::kIssuer,    LoginRefusal::kSubject,
    LoginRefusal::kAudience, LoginRefusal::kClaims,    LoginRefusal::kSignature,
    LoginRefusal::kExpired,  LoginRefusal::kNotYetValid};

// A bounded word for the log: "audience"; empty for kOther.
std::string_view Name(LoginRefusal why);

// LoginRefused() in words of its own; kOther: the very same.
Error LoginRefused(LoginRefusal why);
// Of an error that LoginRefused() made; none of any other.
std::optional<LoginRefusal> LoginRefusalOf(const Error& error);

}  // namespace baokms::core
