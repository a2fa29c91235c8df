#include "adapters/jwt/verified_claims.h"

#include <algorithm>
#include <optional>

#include "adapters/jwt/compact_jwt.h"

namespace baokms::adapters::jwt {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

// Whole seconds; rounding down is exact for comparing with a difference of whole seconds.
std::int64_t FloorSeconds(std::chrono::nanoseconds duration) {
  return std::chrono::floor<std::chrono::seconds>(duration).count();
}

// A NumericDate (RFC 7519, 2), whole: nullopt inside when the claim is absent.
std::expected<std::optional<core::UnixSeconds>, JwtProblem> Date(object claims,
                                                                 std::string_view key) {
  element value;
  if (claims.at_key(key).get(value) != simdjson::SUCCESS) return std::nullopt;
  std::int64_t seconds = 0;
  if (value.get(seconds) != simdjson::SUCCESS || seconds < 0) {
    return std::unexpected(JwtProblem::kBadDate);
  }
  return seconds;
}

bool Has(object claims, std::string_view key) {
  return claims.at_key(key).error() == simdjson::SUCCESS;
}

bool TextEquals(object claims, std::string_view key, const std::string& expected) {
  std::string_view text;
  return claims.at_key(key).get(text) == simdjson::SUCCESS && text == expected;
}

bool AudienceMatches(object claims, const std::vector<std::string>& expected) {
  const auto wanted = [&expected](std::string_view audience) {
    return std::ranges::find(expected, audience) != expected.end();
  };
  element audience;
  if (claims.at_key("aud").get(audience) != simdjson::SUCCESS) return false;
  std::string_view one;
  if (audience.get(one) == simdjson::SUCCESS) return wanted(one);
  array several;
  if (audience.get(several) != simdjson::SUCCESS) return false;
  bool any = false;
  for (const element entry : several) {
    if (entry.get(one) != simdjson::SUCCESS) return false;
    any = any || wanted(one);
  }
  return any;
}

std::expected<core::UnixSeconds, JwtProblem> CheckDates(object claims,
                                                        const JwtExpectations& expected,
                                                        core::UnixSeconds now) {
  const auto expiry = Date(claims, "exp");
  const auto not_before = Date(claims, "nbf");
  const auto issued = Date(claims, "iat");
  for (const auto* date : {&expiry, &not_before, &issued}) {
    if (!*date) return std::unexpected(date->error());
  }
  if (!expiry->has_value()) return std::unexpected(JwtProblem::kNoExpiry);
  // No overflow: dates and `now` are not negative.
  const std::int64_t remaining = **expiry - now;
  if (remaining <= 0) return std::unexpected(JwtProblem::kExpired);
  if (remaining <= FloorSeconds(expected.min_remaining_ttl)) {
    return std::unexpected(JwtProblem::kNearExpiry);
  }
  for (const auto* start : {&not_before, &issued}) {
    if (start->value() && *start->value() - now > FloorSeconds(expected.clock_skew_leeway)) {
      return std::unexpected(JwtProblem::kNotYetValid);
    }
  }
  return **expiry;
}

}  // namespace

std::expected<VerifiedClaims, JwtProblem> VerifiedClaims::Verify(std::string_view compact,
                                                                 const JwtExpectations& expected,
                                                                 core::UnixSeconds now) {
  const auto parts = SplitCompact(compact);
  if (!parts) return std::unexpected(JwtProblem::kNotCompact);
  if (!ParsePart(parts->header)) return std::unexpected(JwtProblem::kNotJson);
  const auto part = ParsePart(parts->claims);
  if (!part) return std::unexpected(JwtProblem::kNotJson);
  const object claims = part->root();

  const auto expires_at = CheckDates(claims, expected, now);
  if (!expires_at) return std::unexpected(expires_at.error());
  if (!expected.issuer.empty() && !TextEquals(claims, "iss", expected.issuer)) {
    return std::unexpected(JwtProblem::kWrongIssuer);
  }
  if (!expected.audiences.empty() && !AudienceMatches(claims, expected.audiences)) {
    return std::unexpected(JwtProblem::kWrongAudience);
  }
  if (!expected.subject.empty() && !TextEquals(claims, "sub", expected.subject)) {
    return std::unexpected(JwtProblem::kWrongSubject);
  }
  return VerifiedClaims(*expires_at, Has(claims, "iat") || Has(claims, "nbf"));
}

}  // namespace baokms::adapters::jwt
