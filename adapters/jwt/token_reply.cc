#include "adapters/jwt/token_reply.h"

#include <algorithm>
#include <array>
#include <utility>

#include "adapters/jwt/compact_jwt.h"
#include "adapters/strict_json/strict_json.h"
#include "core/text/ascii.h"

namespace baokms::adapters::jwt {
namespace {

using core::EqualsIgnoringCase;
using simdjson::dom::element;
using simdjson::dom::object;
using strict_json::StrictJson;

// With or without parameters such as a charset.
bool IsJson(std::string_view content_type) {
  const std::string_view type = content_type.substr(0, content_type.find(';'));
  constexpr std::string_view kBlanks = " \t";
  const std::size_t first = type.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return false;
  const std::size_t last = type.find_last_not_of(kBlanks);
  return EqualsIgnoringCase(type.substr(first, last - first + 1), "application/json");
}

std::optional<std::string_view> Text(object reply, std::string_view key) {
  std::string_view text;
  if (reply.at_key(key).get(text) != simdjson::SUCCESS) return std::nullopt;
  return text;
}

}  // namespace

std::expected<TokenReply, TokenReplyProblem> ReadTokenReply(std::string_view content_type,
                                                            std::string_view body) {
  if (!IsJson(content_type)) return std::unexpected(TokenReplyProblem::kNotJson);
  const auto parsed = StrictJson::Parse(body);
  if (!parsed) return std::unexpected(TokenReplyProblem::kNotJson);
  const object reply = parsed->root();

  const auto token = Text(reply, "access_token");
  if (!token) return std::unexpected(TokenReplyProblem::kNoAccessToken);
  if (!EqualsIgnoringCase(Text(reply, "token_type").value_or(""), "bearer")) {
    return std::unexpected(TokenReplyProblem::kNotBearer);
  }
  std::optional<std::chrono::seconds> expires_in;
  if (element field; reply.at_key("expires_in").get(field) == simdjson::SUCCESS) {
    std::int64_t seconds = 0;
    if (field.get(seconds) != simdjson::SUCCESS || seconds <= 0) {
      return std::unexpected(TokenReplyProblem::kBadExpiresIn);
    }
    expires_in = std::chrono::seconds(seconds);
  }
  if (!SplitCompact(*token)) return std::unexpected(TokenReplyProblem::kNotCompactJwt);
  return TokenReply{.access_token = core::Secret::Copy(*token), .expires_in = expires_in};
}

TokenErrorCode ReadTokenError(std::string_view body) {
  constexpr std::array<std::pair<std::string_view, TokenErrorCode>, 5> kCodes{
      {{"invalid_client", TokenErrorCode::kInvalidClient},
       {"unauthorized_client", TokenErrorCode::kUnauthorizedClient},
       {"unsupported_grant_type", TokenErrorCode::kUnsupportedGrantType},
       {"invalid_scope", TokenErrorCode::kInvalidScope},
       {"invalid_target", TokenErrorCode::kInvalidTarget}}};
  const auto parsed = StrictJson::Parse(body);
  if (!parsed) return TokenErrorCode::kOther;
  const std::string_view word = Text(parsed->root(), "error").value_or("");
  const auto* known =
      std::ranges::find(kCodes, word, &std::pair<std::string_view, TokenErrorCode>::first);
  return known == kCodes.end() ? TokenErrorCode::kOther : known->second;
}

}  // namespace baokms::adapters::jwt
