// How a login or renewal ended; auth_login_total{status}, auth_renewal_total{status}
// (reports-and-labels.md).
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>

#include "core/model/client_identity.h"
#include "core/model/error.h"
#include "core/model/openbao_token.h"

namespace baokms::core {

enum class LoginStatus : std::uint8_t {
  kOk,
  kError,
  kAuthFailed,
  kNoUsableSession,
  kJwtExpired,
  kJwtNearExpiry,
  kJwtInvalid,
  kCertExpired,
  kCertNearExpiry,
  kCertInvalid,
  kOauth2Credential,
  kOauth2Request,
  kOauth2Proxy,
  kOauth2Rejected,
  kOauth2Unavailable,
  kOauth2Response,
};

constexpr std::string_view Name(LoginStatus status) {
  switch (status) {
    case LoginStatus::kOk:
      return "ok";
    case LoginStatus::kError:
      return "error";
    case LoginStatus::kAuthFailed:
      return "auth_failed";
    case LoginStatus::kNoUsableSession:
      return "no_usable_session";
    case LoginStatus::kJwtExpired:
      return "jwt_expired";
    case LoginStatus::kJwtNearExpiry:
      return "jwt_near_expiry";
    case LoginStatus::kJwtInvalid:
      return "jwt_invalid";
    case LoginStatus::kCertExpired:
      return "cert_expired";
    case LoginStatus::kCertNearExpiry:
      return "cert_near_expiry";
    case LoginStatus::kCertInvalid:
      return "cert_invalid";
    case LoginStatus::kOauth2Credential:
      return "oauth2_credential";
    case LoginStatus::kOauth2Request:
      return "oauth2_request";
    case LoginStatus::kOauth2Proxy:
      return "oauth2_proxy";
    case LoginStatus::kOauth2Rejected:
      return "oauth2_rejected";
    case LoginStatus::kOauth2Unavailable:
      return "oauth2_unavailable";
    case LoginStatus::kOauth2Response:
      return "oauth2_response";
  }
  return "error";
}

struct LoginFailure {
  Error error;
  LoginStatus status = LoginStatus::kError;
  // What a person should do, naming the configuration field: static storage, no values.
  std::string_view advice;
};

struct LoginSuccess {
  TokenGrant grant;
  // Of the JWT or certificate that it was made with.
  std::optional<UnixSeconds> credential_expires_at;
  // The certificate that it was made with; null for JWT.
  ClientIdentityRef presented{};
};

using LoginResult = std::expected<LoginSuccess, LoginFailure>;

struct RenewalFailure {
  // None: nothing was sent, because the leaf certificate is not the login's any more and OpenBao
  // would refuse it.
  std::optional<Error> error;
};

using RenewalResult = std::expected<TokenGrant, RenewalFailure>;

}  // namespace baokms::core
