#include "adapters/jwt/token_reply.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <optional>
#include <utility>

#include "adapters/jwt/compact_jwt.h"
#include "adapters/jwt/tolerated_values.h"
#include "adapters/strict_json/strict_json.h"
#include "core/text/ascii.h"

namespace baokms::adapters::jwt {
namespace {

using core::EqualsIgnoringCase;
using simdjson::dom::element;
using simdjson::dom::object;
using strict_json::StrictJson;

// The type with or without parameters such as a charset; none: it is application/json.
std::optional<TokenReplyProblem> JudgeContentType(std::string_view content_type) {
  std::string_view type = content_type.substr(0, content_type.find(';'));
  constexpr std::string_view kBlanks = " \t";
  type.remove_prefix(std::min(type.find_first_not_of(kBlanks), type.size()));
  type = type.substr(0, type.find_last_not_of(kBlanks) + 1);
  if (EqualsIgnoringCase(type, "application/json")) return std::nullopt;
  if (type.empty()) return TokenReplyProblem::kNoContentType;
  if (EqualsIgnoringCase(type, "text/html")) return TokenReplyProblem::kHtmlPage;
  return TokenReplyProblem::kOtherContentType;
}

std::optional<std::string_view> Text(object reply, std::string_view key) {
  std::string_view text;
  if (reply.at_key(key).get(text) != simdjson::SUCCESS) return std::nullopt;
  return text;
}

// Whole seconds, rounded down; nullopt for what is no number of seconds.
std::optional<std::int64_t> Seconds(element field) {
  std::int64_t seconds = 0;
  if (field.get(seconds) == simdjson::SUCCESS) return seconds;
  double fractional = 0;
  if (field.is_double() && field.get(fractional) == simdjson::SUCCESS) {
    constexpr double kBeyondInt64 = 0x1p63;
    if (fractional < 0 || fractional >= kBeyondInt64) return std::nullopt;
    if (fractional > 0 && fractional < 1) return std::nullopt;  // would round to "unknown"
    return static_cast<std::int64_t>(fractional);
  }
  std::string_view text;
  if (field.get(text) != simdjson::SUCCESS) return std::nullopt;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return seconds;
}

// RFC 6749 makes it a JSON number; some servers write it as text, and 0 or null for "unknown".
std::expected<std::optional<std::chrono::seconds>, TokenReplyProblem> ExpiresIn(object reply) {
  element field;
  if (reply.at_key("expires_in").get(field) != simdjson::SUCCESS || field.is_null()) {
    return std::nullopt;
  }
  const auto seconds = Seconds(field);
  if (!seconds || *seconds < 0) return std::unexpected(TokenReplyProblem::kBadExpiresIn);
  if (*seconds == 0) return std::nullopt;
  return std::chrono::seconds(*seconds);
}

// `text` is the caller's alone.
std::unique_ptr<StrictJson> ParseTolerantly(core::Secret text) {
  TolerateValues(text.MutableBytes());
  return StrictJson::Parse(text.ExposeSecret());
}

}  // namespace

std::expected<TokenReply, TokenReplyProblem> ReadTokenReply(std::string_view content_type,
                                                            std::string_view body) {
  if (const auto wrong = JudgeContentType(content_type)) return std::unexpected(*wrong);
  const auto parsed = ParseTolerantly(core::Secret::Copy(body));
  if (!parsed) return std::unexpected(TokenReplyProblem::kNotJson);
  const object reply = parsed->root();

  const auto token = Text(reply, "access_token");
  if (!token) return std::unexpected(TokenReplyProblem::kNoAccessToken);
  if (!EqualsIgnoringCase(Text(reply, "token_type").value_or(""), "bearer")) {
    return std::unexpected(TokenReplyProblem::kNotBearer);
  }
  const auto expires_in = ExpiresIn(reply);
  if (!expires_in) return std::unexpected(expires_in.error());
  if (!SplitCompact(*token)) return std::unexpected(TokenReplyProblem::kNotCompactJwt);
  return TokenReply{.access_token = core::Secret::Copy(*token), .expires_in = *expires_in};
}

TokenErrorCode ReadTokenError(std::string_view body) {
  constexpr std::array<std::pair<std::string_view, TokenErrorCode>, 5> kCodes{
      {{"invalid_client", TokenErrorCode::kInvalidClient},
       {"unauthorized_client", TokenErrorCode::kUnauthorizedClient},
       {"unsupported_grant_type", TokenErrorCode::kUnsupportedGrantType},
       {"invalid_scope", TokenErrorCode::kInvalidScope},
       {"invalid_target", TokenErrorCode::kInvalidTarget}}};
  const auto parsed = ParseTolerantly(core::Secret::Copy(body));
  if (!parsed) return TokenErrorCode::kOther;
  const std::string_view word = Text(parsed->root(), "error").value_or("");
  const auto* known =
      std::ranges::find(kCodes, word, &std::pair<std::string_view, TokenErrorCode>::first);
  return known == kCodes.end() ? TokenErrorCode::kOther : known->second;
}

}  // namespace baokms::adapters::jwt
