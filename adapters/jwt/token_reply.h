// What a token endpoint answers (RFC 6749, 5.1 and 5.2), read strictly.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>

#include "core/model/secret.h"

namespace baokms::adapters::jwt {

enum class TokenReplyProblem : std::uint8_t {
  // The Content-Type is not application/json.
  kNoContentType,
  kHtmlPage,
  kOtherContentType,
  kNotJson,        // not one strict JSON object
  kNoAccessToken,  // or no text
  kNotBearer,      // token_type is missing or another
  kBadExpiresIn,   // there, and not a number of seconds that is positive or unknown
  kNotCompactJwt,  // the access token is opaque, unsigned or no JWT
};

struct TokenReply {
  core::Secret access_token;  // a signed JWT in compact form, not yet judged
  // Positive; from when the request was sent. None: unknown.
  std::optional<std::chrono::seconds> expires_in;
};

// Of a 200.
std::expected<TokenReply, TokenReplyProblem> ReadTokenReply(std::string_view content_type,
                                                            std::string_view body);

// The error words that tell what is wrong with the configuration.
enum class TokenErrorCode : std::uint8_t {
  kOther,  // another, or none that could be read
  kInvalidClient,
  kUnauthorizedClient,
  kUnsupportedGrantType,
  kInvalidScope,
  kInvalidTarget,  // RFC 8707: a resource or the audience
};

// Of any other status; never fails.
TokenErrorCode ReadTokenError(std::string_view body);

}  // namespace baokms::adapters::jwt
