// The local checks on a JWT before it is used to log in (auth.md, "JWT"); the signature is
// OpenBao's to judge. Used by every source of JWTs: file, oauth2, spiffe.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/time.h"

namespace baokms::adapters::jwt {

enum class JwtProblem : std::uint8_t {
  kNotCompact,  // not header.payload.signature in base64url, or more than one token
  kNotJson,     // header or claims are not one strict JSON object
  kNoExpiry,
  kBadDate,  // exp, nbf or iat is no number, or one beyond 64 bits
  kExpired,
  kNearExpiry,   // valid for minRemainingTtl or less
  kNotYetValid,  // nbf or iat lies further ahead than the leeway
  kWrongIssuer,
  kWrongAudience,
  kWrongSubject,
};

struct JwtExpectations {
  std::string issuer{};                  // empty: not checked
  std::vector<std::string> audiences{};  // any of them; empty: not checked
  std::string subject{};                 // empty: not checked
  std::chrono::nanoseconds clock_skew_leeway{};
  std::chrono::nanoseconds min_remaining_ttl{};
};

// Holding one is the proof that the checks passed at `now`.
class VerifiedClaims {
 public:
  // `compact` without surrounding whitespace. `now` in seconds of the wall clock.
  static std::expected<VerifiedClaims, JwtProblem> Verify(std::string_view compact,
                                                          const JwtExpectations& expected,
                                                          core::UnixSeconds now);
  core::UnixSeconds expires_at() const { return expires_at_; }
  // Whether iat or nbf says since when. OpenBao computes a missing one from exp, and refuses a JWT
  // without either until shortly before it expires.
  bool names_start() const { return names_start_; }

 private:
  VerifiedClaims(core::UnixSeconds expires_at, bool names_start)
      : expires_at_(expires_at), names_start_(names_start) {}
  core::UnixSeconds expires_at_;
  bool names_start_;
};

// When `compact` expires or has expired, whatever else is wrong with it; nullopt: it does not say.
std::optional<core::UnixSeconds> ExpiryOf(std::string_view compact);

}  // namespace baokms::adapters::jwt
