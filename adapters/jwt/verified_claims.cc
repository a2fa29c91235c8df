#include "adapters/jwt/verified_claims.h"

#include <algorithm>
#include <cmath>
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

enum class Rounding : std::uint8_t { kDown, kUp };

// A NumericDate (RFC 7519, 2) in whole seconds, 0 when it is before 1970: nullopt inside when the
// claim is absent or null.
std::expected<std::optional<core::UnixSeconds>, JwtProblem> Date(object claims,
                                                                 std::string_view key,
                                                                 Rounding rounding) {
  element value;
  if (claims.at_key(key).get(value) != simdjson::SUCCESS || value.is_null()) return std::nullopt;
  std::int64_t seconds = 0;
  if (value.get(seconds) != simdjson::SUCCESS) {
    double fractional = 0;
    if (!value.is_double() || value.get(fractional) != simdjson::SUCCESS) {
      return std::unexpected(JwtProblem::kBadDate);
    }
    const double whole =
        rounding == Rounding::kDown ? std::floor(fractional) : std::ceil(fractional);
    constexpr double kBeyondInt64 = 0x1p63;
    if (!(whole < kBeyondInt64 && whole > -kBeyondInt64)) {
      return std::unexpected(JwtProblem::kBadDate);
    }
    seconds = static_cast<std::int64_t>(whole);
  }
  return std::max<core::UnixSeconds>(seconds, 0);
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

struct Dates {
  core::UnixSeconds expires_at = 0;
  bool name_start = false;
};

// Fractions count against the JWT.
std::expected<Dates, JwtProblem> CheckDates(object claims, const JwtExpectations& expected,
                                            core::UnixSeconds now) {
  const auto expiry = Date(claims, "exp", Rounding::kDown);
  const auto not_before = Date(claims, "nbf", Rounding::kUp);
  const auto issued = Date(claims, "iat", Rounding::kUp);
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
  return Dates{.expires_at = **expiry, .name_start = *not_before || *issued};
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

  const auto dates = CheckDates(claims, expected, now);
  if (!dates) return std::unexpected(dates.error());
  if (!expected.issuer.empty() && !TextEquals(claims, "iss", expected.issuer)) {
    return std::unexpected(JwtProblem::kWrongIssuer);
  }
  if (!expected.audiences.empty() && !AudienceMatches(claims, expected.audiences)) {
    return std::unexpected(JwtProblem::kWrongAudience);
  }
  if (!expected.subject.empty() && !TextEquals(claims, "sub", expected.subject)) {
    return std::unexpected(JwtProblem::kWrongSubject);
  }
  return VerifiedClaims(dates->expires_at, dates->name_start);
}

std::optional<core::UnixSeconds> ExpiryOf(std::string_view compact) {
  const auto parts = SplitCompact(compact);
  const auto claims = parts ? ParsePart(parts->claims) : nullptr;
  if (!claims) return std::nullopt;
  return Date(claims->root(), "exp", Rounding::kDown).value_or(std::nullopt);
}

}  // namespace baokms::adapters::jwt
