// A JWT's claims: what is accepted now is dated as it must be, and nothing glued to it is accepted.
#include <cstdint>
#include <string>

#include "adapters/jwt/verified_claims.h"
#include "core/text/base64.h"
#include "tests/fuzz/require.h"

namespace {

using namespace baokms;
using adapters::jwt::JwtExpectations;
using adapters::jwt::JwtProblem;
using adapters::jwt::VerifiedClaims;
using fuzz::Require;

constexpr core::UnixSeconds kNow = 1'700'000'000;

JwtExpectations Expected() {
  return {.issuer = "https://issuer",
          .audiences = {"openbao", "bao"},
          .subject = "system:node:a",
          .clock_skew_leeway = std::chrono::seconds(30),
          .min_remaining_ttl = std::chrono::seconds(60)};
}

// `compact` as it is, judged by dates alone and by everything.
void CheckCompact(std::string_view compact) {
  JwtExpectations dates = Expected();
  dates.issuer.clear();
  dates.audiences.clear();
  dates.subject.clear();
  const auto by_dates = VerifiedClaims::Verify(compact, dates, kNow);
  const auto by_all = VerifiedClaims::Verify(compact, Expected(), kNow);
  if (by_all) Require(by_dates.has_value(), "more expectations accept no more");
  if (!by_dates) return;
  const core::UnixSeconds end = by_dates->expires_at();
  Require(end > kNow + 60, "it lives longer than the least remaining time");
  Require(VerifiedClaims::Verify(compact, dates, end).error() == JwtProblem::kExpired,
          "it is expired at its expiry");
  Require(VerifiedClaims::Verify(compact, dates, end - 60).error() == JwtProblem::kNearExpiry,
          "it is near expiry before");
  const std::string text(compact);
  for (const std::string& glued : {text + ".", text + "." + text, " " + text, text + "=",
                                   text.substr(0, text.rfind('.')), text + "\n" + text}) {
    const auto judged = VerifiedClaims::Verify(glued, dates, kNow);
    Require(!judged && judged.error() == JwtProblem::kNotCompact, "one token alone");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::AsText(data, size);
  CheckCompact(text);
  // As claims under a good header, which chance would hardly write in base64url.
  const std::string header = core::Base64UrlEncode(R"({"alg":"RS256"})");
  CheckCompact(header + "." + core::Base64UrlEncode(text) + ".c2ln");
  return 0;
}
