#include "adapters/jwt/token_reply.h"

#include <doctest/doctest.h>

#include <optional>
#include <string>

#include "tests/adapters/jwt/make_jwt.h"

namespace baokms::tests {
namespace {

using adapters::jwt::ReadTokenError;
using adapters::jwt::ReadTokenReply;
using adapters::jwt::TokenErrorCode;
using adapters::jwt::TokenReplyProblem;
using namespace std::chrono_literals;

const std::string kJwt = MakeJwt(R"({"exp":1700003600})");

std::string Reply(const std::string& token_type, const std::string& more) {
  return R"({"access_token":")" + kJwt + R"(","token_type":)" + token_type + more + "}";
}

// nullopt: accepted.
std::optional<TokenReplyProblem> ReplyProblem(const std::string& body,
                                              std::string_view content_type = "application/json") {
  const auto reply = ReadTokenReply(content_type, body);
  if (reply) return std::nullopt;
  return reply.error();
}

TEST_CASE("Token reply: the access token and its lifetime are taken") {
  const auto reply = ReadTokenReply(
      "application/json", Reply("\"Bearer\"", R"(,"expires_in":3600,"scope":"a","x":{"y":[1]})"));
  REQUIRE(reply.has_value());
  CHECK(reply->access_token.ExposeSecret() == kJwt);
  CHECK(reply->expires_in == 3600s);
}

TEST_CASE("Token reply: expires_in may be missing") {
  const auto reply = ReadTokenReply("application/json", Reply("\"Bearer\"", ""));
  REQUIRE(reply.has_value());
  CHECK_FALSE(reply->expires_in.has_value());
}

TEST_CASE("Token reply: application/json in any case and with parameters") {
  const std::string body = Reply("\"Bearer\"", "");
  for (const auto* type :
       {"application/json", "Application/JSON", "application/json; charset=utf-8",
        "application/json;charset=UTF-8", "application/json ; a=b", " application/json\t"}) {
    CHECK_MESSAGE(!ReplyProblem(body, type), type);
  }
  for (const auto* type : {"", ";", " ", "\t;charset=utf-8"}) {
    CHECK_MESSAGE(ReplyProblem(body, type) == TokenReplyProblem::kNoContentType, type);
  }
  for (const auto* type :
       {"text/html", "Text/HTML ;charset=utf-8", "text/html; application/json"}) {
    CHECK_MESSAGE(ReplyProblem(body, type) == TokenReplyProblem::kHtmlPage, type);
  }
  for (const auto* type :
       {"application/jsonx", "application/jso", "application/json-seq", "application/jwt",
        "text/json", "text/htmlx", "application/json, text/html"}) {
    CHECK_MESSAGE(ReplyProblem(body, type) == TokenReplyProblem::kOtherContentType, type);
  }
}

TEST_CASE("Token reply: token_type is Bearer in any case") {
  for (const auto* type : {"\"Bearer\"", "\"bearer\"", "\"BEARER\"", "\"bEaReR\""}) {
    CHECK_FALSE(ReplyProblem(Reply(type, "")));
  }
  for (const auto* type :
       {"\"DPoP\"", "\"mac\"", "\"\"", "\"Bearer \"", "\"Beare\"", "null", "1", "[\"Bearer\"]",
        "\"B\xc4\x99"
        "arer\""}) {
    CHECK_MESSAGE(ReplyProblem(Reply(type, "")) == TokenReplyProblem::kNotBearer, type);
  }
  CHECK(ReplyProblem(R"({"access_token":")" + kJwt + R"("})") == TokenReplyProblem::kNotBearer);
}

std::optional<std::chrono::seconds> ExpiresIn(const std::string& value) {
  const auto reply =
      ReadTokenReply("application/json", Reply("\"Bearer\"", R"(,"expires_in":)" + value));
  REQUIRE(reply.has_value());
  return reply->expires_in;
}

TEST_CASE("Token reply: expires_in is a positive number, also as text, or unknown") {
  CHECK(ExpiresIn("1") == 1s);
  CHECK(ExpiresIn("9223372036854775807") == 9223372036854775807s);
  for (const auto* value : {"3599", "\"3599\"", "3599.0", "3599.9", "3.599e3", "35990e-1"}) {
    CHECK_MESSAGE(ExpiresIn(value) == 3599s, value);
  }
  for (const auto* value : {"null", "0", "\"0\"", "0.0", "-0.0"}) {
    CHECK_MESSAGE(ExpiresIn(value) == std::nullopt, value);
  }
  for (const auto* value : {"-1",
                            "-0.5",
                            "0.5",
                            "\"\"",
                            "\"-1\"",
                            "\"+1\"",
                            "\" 1\"",
                            "\"1 \"",
                            "\"1.5\"",
                            "\"0x10\"",
                            "\"9223372036854775808\"",
                            "true",
                            "[60]",
                            "{}",
                            "9223372036854775808",
                            "18446744073709551615",
                            "18446744073709551616",
                            "1e19",
                            "1e999",
                            "99999999999999999999999999"}) {
    CHECK_MESSAGE(ReplyProblem(Reply("\"Bearer\"", std::string(R"(,"expires_in":)") + value)) ==
                      TokenReplyProblem::kBadExpiresIn,
                  value);
  }
}

TEST_CASE("Token reply: what nobody needs never refuses it") {
  for (const auto* member : {R"(,"x":99999999999999999999)", R"(,"scope":"\ud800")",
                             R"(,"refresh_token":null,"not_before":1e999)"}) {
    CHECK_MESSAGE(!ReplyProblem(Reply("\"Bearer\"", member)), member);
  }
}

TEST_CASE("Token reply: an access token that is no signed compact JWT is refused") {
  const auto with = [](const std::string& token) {
    return ReplyProblem(R"({"token_type":"Bearer","access_token":)" + token + "}");
  };
  for (const auto* token : {"\"\"", "\"opaque\"", "\"a.b\"", "\"YQ.YQ.\"", "\"YQ..YQ\"",
                            "\".YQ.YQ\"", "\"YQ.YQ.YQ.YQ\"", "\"YQ.YQ.Y=\"", "\"YQ.YQ.YQ \"",
                            "\"YQ.YQ.Y\\nQ\"", "\"YQ.YQ.YQ\\u0000\"", "\"Y+.YQ.YQ\""}) {
    CHECK_MESSAGE(with(token) == TokenReplyProblem::kNotCompactJwt, token);
  }
  for (const auto* token : {"null", "1", "[\"YQ.YQ.YQ\"]", "{}"}) {
    CHECK_MESSAGE(with(token) == TokenReplyProblem::kNoAccessToken, token);
  }
  CHECK(ReplyProblem(R"({"token_type":"Bearer"})") == TokenReplyProblem::kNoAccessToken);
  CHECK_FALSE(with("\"YQ.YQ.YQ\""));
}

TEST_CASE("Token reply: what is not one strict JSON object is refused") {
  const std::string good = Reply("\"Bearer\"", "");
  for (const std::string& body :
       {std::string(), std::string(" "), std::string("null"), "[" + good + "]", good + good,
        good + "\n" + good, good + "x", "<html>" + good + "</html>", "\xef\xbb\xbf" + good,
        std::string("access_token=") + kJwt + "&token_type=bearer",
        Reply("\"Bearer\"", R"(,"token_type":"Bearer")"),
        Reply("\"Bearer\"", R"(,"token\u005ftype":"Bearer")"),
        Reply("\"Bearer\"", R"(,"expires_in":3600,"expires_in":60)"),
        Reply("\"Bearer\"", R"(,"access_token":"YQ.YQ.YQ")"),
        Reply("\"Bearer\"", R"(,"x":{"a":1,"a":1})"), Reply("\"Bearer\"", ",\"x\":\"\xff\"")}) {
    CHECK_MESSAGE(ReplyProblem(body) == TokenReplyProblem::kNotJson, body);
  }
  for (std::size_t length = 0; length < good.size(); ++length) {
    CHECK(ReplyProblem(good.substr(0, length)) == TokenReplyProblem::kNotJson);
  }
  CHECK_FALSE(ReplyProblem(" \r\n\t" + good + " \r\n\t"));
}

TEST_CASE("Token error: the words that an operator can act on are known and others are not") {
  const auto code = [](const std::string& word) {
    return ReadTokenError(R"({"error":")" + word + R"(","error_description":"d"})");
  };
  CHECK(code("invalid_client") == TokenErrorCode::kInvalidClient);
  CHECK(code("unauthorized_client") == TokenErrorCode::kUnauthorizedClient);
  CHECK(code("unsupported_grant_type") == TokenErrorCode::kUnsupportedGrantType);
  CHECK(code("invalid_scope") == TokenErrorCode::kInvalidScope);
  CHECK(code("invalid_target") == TokenErrorCode::kInvalidTarget);
  CHECK(code("invalid_request") == TokenErrorCode::kOther);
  CHECK(code("") == TokenErrorCode::kOther);
  for (const auto* body : {"", "<html>", "{}", R"({"error":1})", R"({"error":"invalid_client")",
                           R"({"error":"invalid_client","error":"invalid_client"})"}) {
    CHECK(ReadTokenError(body) == TokenErrorCode::kOther);
  }
}

}  // namespace
}  // namespace baokms::tests
