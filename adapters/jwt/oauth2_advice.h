// What a person should do about a grant that failed: names the configuration field, never a value
// or a text of the server (observability.md, "A failed start").
#pragma once

#include <string_view>

#include "adapters/jwt/token_reply.h"
#include "adapters/jwt/token_request.h"
#include "core/model/credential_line.h"
#include "core/model/error.h"
#include "core/model/proxy_failure.h"
#include "ports/file_reader.h"

namespace baokms::adapters::jwt {

// auth.jwt.oauth2.clientSecretFile, with the reason in the words of auth.md.
std::string_view ClientSecretFileAdvice(ports::FileProblem problem);
std::string_view ClientSecretContentAdvice(core::LineProblem problem);
// No reply: an error of ports::HttpTransport.
std::string_view TokenRequestAdvice(const core::Error& error);
// The token endpoint was not reached, for its proxy.
std::string_view ProxyAdvice(core::ProxyFailure why);
// A status that is no 200, and what its body said.
std::string_view RejectedGrantAdvice(int status, TokenErrorCode code, CredentialEncoding encoding);
// 429 and 5xx.
std::string_view TokenEndpointUnavailableAdvice(int status);
// A 200 that cannot be used.
std::string_view AdviceFor(TokenReplyProblem problem);
std::string_view OversizeTokenReplyAdvice();

}  // namespace baokms::adapters::jwt
