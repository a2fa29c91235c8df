// Local JWT checks (auth.md, "JWT").
#include "adapters/jwt/verified_claims.h"

#include <doctest/doctest.h>

#include <limits>
#include <optional>
#include <utility>

#include "tests/adapters/jwt/make_jwt.h"

namespace baokms::tests {
namespace {

using adapters::jwt::JwtExpectations;
using adapters::jwt::JwtProblem;
using adapters::jwt::VerifiedClaims;
using namespace std::chrono_literals;

JwtExpectations Lenient() { return {.clock_skew_leeway = 30s, .min_remaining_ttl = 120s}; }

// nullopt: verified.
std::optional<JwtProblem> Problem(const std::string& compact,
                                  const JwtExpectations& expected = Lenient(),
                                  core::UnixSeconds now = kNow) {
  const auto claims = VerifiedClaims::Verify(compact, expected, now);
  return claims ? std::nullopt : std::optional(claims.error());
}
std::optional<JwtProblem> ClaimsProblem(const std::string& claims,
                                        const JwtExpectations& expected = Lenient()) {
  return Problem(MakeJwt(claims), expected);
}
std::string At(std::int64_t offset) { return std::to_string(kNow + offset); }

TEST_CASE("Claims: a JWT that lives long enough is verified") {
  const auto claims =
      VerifiedClaims::Verify(MakeJwt(R"({"exp":)" + At(3600) + "}"), Lenient(), kNow);
  REQUIRE(claims.has_value());
  CHECK(claims->expires_at() == kNow + 3600);
}

TEST_CASE("Claims: only three non-empty base64url parts are compact form") {
  const std::string good = MakeJwt(R"({"exp":)" + At(3600) + "}");
  REQUIRE(Problem(good) == std::nullopt);
  const std::string head = good.substr(0, good.find('.'));
  const std::string body = good.substr(head.size() + 1, good.rfind('.') - head.size() - 1);
  for (const std::string& bad :
       {std::string(), std::string("."), std::string(".."), head, head + "." + body,
        head + "." + body + ".", "." + body + ".c2ln", head + "..c2ln", good + ".c2ln", good + "\n",
        " " + good, good + " " + good, good + "\n" + good, good + "=", head + "." + body + ".c+ln",
        head + "." + body + ".c2lna"}) {
    CAPTURE(bad);
    CHECK(Problem(bad) == JwtProblem::kNotCompact);
  }
}

TEST_CASE("Claims: header and claims are one strict JSON object each") {
  const std::string exp = R"({"exp":)" + At(3600) + "}";
  for (const std::string& bad :
       {std::string("[]"), std::string("null"), std::string("{"), std::string("x"), exp + exp,
        exp + "x", R"({"exp":)" + At(3600) + R"(,"exp":)" + At(7200) + "}",
        R"({"exp":)" + At(3600) + R"(,"a":{"b":1,"b":2}})",
        R"({"exp":)" + At(3600) + R"(,"e\u0078p":1})"}) {
    CAPTURE(bad);
    CHECK(ClaimsProblem(bad) == JwtProblem::kNotJson);
    CHECK(Problem(MakeJwt(exp, bad == exp ? "" : bad)) == JwtProblem::kNotJson);
  }
}

TEST_CASE("Claims: cut at any length they are refused") {
  const std::string whole = R"({"exp":)" + At(3600) + R"(,"aud":["a"],"nested":{"x":1}})";
  REQUIRE(ClaimsProblem(whole) == std::nullopt);
  for (std::size_t length = 1; length < whole.size(); ++length) {
    CAPTURE(length);
    CHECK(ClaimsProblem(whole.substr(0, length)) == JwtProblem::kNotJson);
  }
}

TEST_CASE("Claims: exp is required") {
  CHECK(ClaimsProblem("{}") == JwtProblem::kNoExpiry);
  CHECK(ClaimsProblem(R"({"iat":1})") == JwtProblem::kNoExpiry);
}

TEST_CASE("Claims: a numeric date is any JSON number, with fraction and exponent") {
  for (const char* exp :
       {"1700003600", "1700003600.0", "1.7000036e9", "17000036E+2", "1e300", "1700003600.9999"}) {
    CAPTURE(std::string(exp));
    const auto claims =
        VerifiedClaims::Verify(MakeJwt(std::string(R"({"exp":)") + exp + "}"), Lenient(), kNow);
    if (std::string(exp) == "1e300") {
      CHECK(claims.error() == JwtProblem::kBadDate);  // no time that a clock will show
      continue;
    }
    REQUIRE(claims.has_value());
    CHECK(claims->expires_at() == kNow + 3600);
  }
  for (const char* start : {"1661429197.403285", "1.6e9", "0", "-1", "-62135596800", "-1e18"}) {
    CAPTURE(std::string(start));
    CHECK(ClaimsProblem(R"({"exp":)" + At(3600) + R"(,"iat":)" + start + R"(,"nbf":)" + start +
                        "}") == std::nullopt);
  }
}

TEST_CASE("Claims: a fraction counts against the JWT") {
  const auto exp = [](std::int64_t offset, const std::string& fraction) {
    return ClaimsProblem(R"({"exp":)" + At(offset) + fraction + "}");
  };
  CHECK(exp(120, ".9") == JwtProblem::kNearExpiry);
  CHECK(exp(121, ".1") == std::nullopt);
  CHECK(ClaimsProblem(R"({"exp":-1.5})") == JwtProblem::kExpired);
  for (const std::string key : {"nbf", "iat"}) {
    CAPTURE(key);
    const auto start = [&](std::int64_t offset, const std::string& fraction) {
      return ClaimsProblem(R"({"exp":)" + At(3600) + ",\"" + key + "\":" + At(offset) + fraction +
                           "}");
    };
    CHECK(start(29, ".9") == std::nullopt);
    CHECK(start(30, ".0") == std::nullopt);
    CHECK(start(30, ".1") == JwtProblem::kNotYetValid);
  }
}

TEST_CASE("Claims: what is no number is no date, and neither is a number beyond 64 bits") {
  for (const char* key : {"exp", "nbf", "iat"}) {
    for (const char* value :
         {"\"1700003600\"", "true", "[]", "{}", "9223372036854775808", "18446744073709551616",
          "99999999999999999999999", "1e19", "1e999", "-1e999", "-99999999999999999999999"}) {
      CAPTURE(std::string(key));
      CAPTURE(std::string(value));
      std::string claims = std::string("{\"") + key + "\":" + value;
      if (std::string(key) != "exp") claims += R"(,"exp":)" + At(3600);
      CHECK(ClaimsProblem(claims + "}") == JwtProblem::kBadDate);
    }
  }
}

TEST_CASE("Claims: a date that is null is absent") {
  CHECK(ClaimsProblem(R"({"exp":null})") == JwtProblem::kNoExpiry);
  const auto claims = VerifiedClaims::Verify(
      MakeJwt(R"({"exp":)" + At(3600) + R"(,"nbf":null,"iat":null})"), Lenient(), kNow);
  REQUIRE(claims.has_value());
  CHECK_FALSE(claims->names_start());
}

TEST_CASE("Claims: what no check needs never refuses a JWT") {
  for (const char* member :
       {R"("x":null)", R"("x":18446744073709551616)", R"("x":-99999999999999999999)",
        R"("x":[1e999,-1E+999,{"y":1.0e+400}])", R"("x":1e-999)", R"("x":"\ud800")",
        R"("x":"a\udc00b")", R"("x":"\ud800\ud800\udc00")", R"("x":"\ud83d\ude00")",
        R"("x":"\\ud800")", R"("x":"\uD800\u0041")", R"("x":"\ud800\n99999999999999999999")",
        R"("\udfff":1)", R"("x":"99999999999999999999")", R"("nbf":null)", R"("sub":7)",
        R"("aud":99999999999999999999)", R"("iss":"\ud800")"}) {
    CAPTURE(std::string(member));
    const std::string claims = R"({"exp":)" + At(3600) + "," + member + "}";
    CHECK(ClaimsProblem(claims) == std::nullopt);
    CHECK(Problem(MakeJwt(R"({"exp":)" + At(3600) + "}", "{" + std::string(member) + "}")) ==
          std::nullopt);
  }
}

TEST_CASE("Claims: what is no JSON stays none, however large its numbers") {
  for (const char* member :
       {R"("x":099999999999999999999)", R"("x":99999999999999999999.)", R"("x":1e9999+)",
        R"("x":99999999999999999999e)", R"("x":-)", R"("x":+99999999999999999999)",
        R"("x":99999999999999999999x)", R"("x":99999999999999999999true)",
        R"("x":n99999999999999999999)", R"("x":--99999999999999999999)",
        R"("x":99999999999999999999 1)", R"("x":"\ud80")", R"("x":"\udzzz")", R"("x":"\ud800)",
        R"("x":"\)", R"(99999999999999999999:1)"}) {
    CAPTURE(std::string(member));
    CHECK(ClaimsProblem(R"({"exp":)" + At(3600) + "," + member + "}") == JwtProblem::kNotJson);
  }
}

TEST_CASE("Claims: what is left must exceed minRemainingTtl") {
  const auto at = [](std::int64_t offset) {
    return ClaimsProblem(R"({"exp":)" + At(offset) + "}");
  };
  CHECK(at(-1) == JwtProblem::kExpired);
  CHECK(at(0) == JwtProblem::kExpired);
  CHECK(at(1) == JwtProblem::kNearExpiry);
  CHECK(at(120) == JwtProblem::kNearExpiry);
  CHECK(at(121) == std::nullopt);
  CHECK(ClaimsProblem(R"({"exp":)" + std::to_string(std::numeric_limits<std::int64_t>::max()) +
                      "}") == std::nullopt);
  JwtExpectations half = Lenient();
  half.min_remaining_ttl = 2500ms;
  CHECK(ClaimsProblem(R"({"exp":)" + At(2) + "}", half) == JwtProblem::kNearExpiry);
  CHECK(ClaimsProblem(R"({"exp":)" + At(3) + "}", half) == std::nullopt);
}

TEST_CASE("Claims: nbf and iat may lie ahead by the leeway and no more") {
  for (const std::string key : {"nbf", "iat"}) {
    CAPTURE(key);
    const auto at = [&](std::int64_t offset) {
      return ClaimsProblem(R"({"exp":)" + At(3600) + ",\"" + key + "\":" + At(offset) + "}");
    };
    CHECK(at(-3600) == std::nullopt);
    CHECK(at(30) == std::nullopt);
    CHECK(at(31) == JwtProblem::kNotYetValid);
  }
}

std::string WithExpiry(const std::string& more) { return R"({"exp":)" + At(3600) + more + "}"; }

TEST_CASE("Claims: the issuer is compared when one is expected") {
  JwtExpectations expected = Lenient();
  CHECK(ClaimsProblem(WithExpiry(""), expected) == std::nullopt);
  expected.issuer = "https://issuer";
  CHECK(ClaimsProblem(WithExpiry(R"(,"iss":"https://issuer")"), expected) == std::nullopt);
  for (const char* claims : {"", R"(,"iss":"https://issuer/")", R"(,"iss":"HTTPS://issuer")",
                             R"(,"iss":["https://issuer"])", R"(,"iss":null)"}) {
    CAPTURE(claims);
    CHECK(ClaimsProblem(WithExpiry(claims), expected) == JwtProblem::kWrongIssuer);
  }
}

TEST_CASE("Claims: an issuer beyond the BMP is compared as it is, however it is written") {
  JwtExpectations expected = Lenient();
  expected.issuer = "https://\xF0\x9F\x98\x80";
  for (const char* written : {"\\ud83d\\ude00", "\\uD83D\\uDE00", "\xF0\x9F\x98\x80"}) {
    CHECK(ClaimsProblem(WithExpiry(R"(,"iss":"https://)" + std::string(written) + "\""),
                        expected) == std::nullopt);
  }
}

TEST_CASE("Claims: any expected audience may match a string or one of an array") {
  JwtExpectations expected = Lenient();
  expected.audiences = {"bao", "vault"};
  for (const char* claims :
       {R"(,"aud":"bao")", R"(,"aud":"vault")", R"(,"aud":["x","vault"])", R"(,"aud":["bao"])"}) {
    CAPTURE(claims);
    CHECK(ClaimsProblem(WithExpiry(claims), expected) == std::nullopt);
  }
  for (const char* claims :
       {"", R"(,"aud":"other")", R"(,"aud":[])", R"(,"aud":["x"])", R"(,"aud":null)",
        R"(,"aud":{"bao":1})", R"(,"aud":["bao",1])", R"(,"aud":"bao vault")"}) {
    CAPTURE(claims);
    CHECK(ClaimsProblem(WithExpiry(claims), expected) == JwtProblem::kWrongAudience);
  }
}

TEST_CASE("Claims: the subject is compared when one is expected") {
  JwtExpectations expected = Lenient();
  expected.subject = "node-1";
  CHECK(ClaimsProblem(WithExpiry(R"(,"sub":"node-1")"), expected) == std::nullopt);
  for (const char* claims : {"", R"(,"sub":"node-10")", R"(,"sub":"")", R"(,"sub":1)"}) {
    CAPTURE(claims);
    CHECK(ClaimsProblem(WithExpiry(claims), expected) == JwtProblem::kWrongSubject);
  }
}

TEST_CASE("Claims: when a JWT expires is read whatever else is wrong with it") {
  using adapters::jwt::ExpiryOf;
  CHECK(ExpiryOf(MakeJwt(R"({"exp":)" + At(-3600) + "}")) == kNow - 3600);
  CHECK(ExpiryOf(MakeJwt(R"({"exp":)" + At(60) + R"(.9,"nbf":)" + At(9999) + "}")) == kNow + 60);
  CHECK(ExpiryOf(MakeJwt(R"({"iat":1})")) == std::nullopt);
  CHECK(ExpiryOf(MakeJwt(R"({"exp":"soon"})")) == std::nullopt);
  CHECK(ExpiryOf("no JWT") == std::nullopt);
}

}  // namespace
}  // namespace baokms::tests
