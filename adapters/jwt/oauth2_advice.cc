#include "adapters/jwt/oauth2_advice.h"

#include "adapters/jwt/jwt_advice.h"

namespace baokms::adapters::jwt {

std::string_view ClientSecretFileAdvice(ports::FileProblem problem) {
  switch (problem) {
    case ports::FileProblem::kNotAbsolute:
      return "auth.jwt.oauth2.clientSecretFile: absolute_path_required; write the path from the "
             "root";
    case ports::FileProblem::kMissing:
      return "auth.jwt.oauth2.clientSecretFile: file_missing; check the path and what writes the "
             "file";
    case ports::FileProblem::kUnreadable:
      break;
    case ports::FileProblem::kSymlink:
      return "auth.jwt.oauth2.clientSecretFile: symlink_unsupported; name the file itself";
    case ports::FileProblem::kNotRegular:
    case ports::FileProblem::kNotDirectory:
      return "auth.jwt.oauth2.clientSecretFile: regular_file_required; name a regular file";
    case ports::FileProblem::kUnsafePermissions:
    case ports::FileProblem::kWrongOwner:
      return "auth.jwt.oauth2.clientSecretFile: unsafe_permissions; remove execute, group write "
             "and all access for others (mode 0640 or 0600)";
    case ports::FileProblem::kChanged:
      return "auth.jwt.oauth2.clientSecretFile: file_changed; replace the file by rename, not in "
             "place";
    case ports::FileProblem::kTooLarge:
      return "auth.jwt.oauth2.clientSecretFile: file_too_large; a client secret file has at most "
             "64 KiB";
  }
  return "auth.jwt.oauth2.clientSecretFile: file_unreadable; let the provider's user read it";
}

std::string_view ClientSecretContentAdvice() {
  return "auth.jwt.oauth2.clientSecretFile: invalid_content; the file must hold the secret alone, "
         "on one line";
}

std::string_view TokenRequestAdvice(const core::Error& error) {
  if (error == core::DeadlineExceeded()) {
    return "auth.jwt.oauth2.tokenUrl: the authorisation server did not answer in time; look at it, "
           "or raise auth.loginTimeout";
  }
  switch (error.openbao_status().value_or(core::OpenBaoStatus::kUnknown)) {
    case core::OpenBaoStatus::kDnsFailed:
      return "auth.jwt.oauth2.tokenUrl: its host name could not be resolved; check the name and "
             "the node's DNS";
    case core::OpenBaoStatus::kConnectionFailed:
      return "auth.jwt.oauth2.tokenUrl: no connection to the authorisation server; check the "
             "address and that the server is running";
    case core::OpenBaoStatus::kTlsFailed:
      return "auth.jwt.oauth2.caCertFile: TLS to the authorisation server failed; check the file, "
             "or the system's roots when it is empty, and the host name in tokenUrl against the "
             "server's certificate";
    default:
      return "auth.jwt.oauth2.tokenUrl: the authorisation server sent no whole reply; check that "
             "the URL is its token endpoint";
  }
}

std::string_view RejectedGrantAdvice(int status, TokenErrorCode code) {
  switch (code) {
    case TokenErrorCode::kInvalidClient:
      return "auth.jwt.oauth2.clientId: the authorisation server does not accept the client; check "
             "clientId, the secret in clientSecretFile and authMethod";
    case TokenErrorCode::kUnauthorizedClient:
    case TokenErrorCode::kUnsupportedGrantType:
      return "auth.jwt.oauth2.clientId: the authorisation server does not allow this client the "
             "client credentials grant; allow it there";
    case TokenErrorCode::kInvalidScope:
      return "auth.jwt.oauth2.scopes: the authorisation server refuses a scope; correct the "
             "setting or allow it there";
    case TokenErrorCode::kInvalidTarget:
      return "auth.jwt.oauth2.resources: the authorisation server refuses a resource or the "
             "audience; correct the setting or allow it there";
    case TokenErrorCode::kOther:
      break;
  }
  if (status >= 300 && status <= 399) {
    return "auth.jwt.oauth2.tokenUrl: the authorisation server redirects, which is not followed; "
           "write the URL of the token endpoint itself";
  }
  if (status == 401) {
    return "auth.jwt.oauth2.clientId: the authorisation server does not accept the client; check "
           "clientId, the secret in clientSecretFile and authMethod";
  }
  if (status == 404) {
    return "auth.jwt.oauth2.tokenUrl: the authorisation server has nothing there; check the URL";
  }
  return "auth.jwt.oauth2: the authorisation server refused the grant; check tokenUrl, clientId, "
         "authMethod, scopes, audience and resources, and its own log";
}

std::string_view TokenEndpointUnavailableAdvice(int status) {
  if (status == 429) {
    return "auth.jwt.oauth2.tokenUrl: the authorisation server limits the rate of this client; "
           "raise the limit there";
  }
  return "auth.jwt.oauth2.tokenUrl: the authorisation server failed (5xx); look at its log";
}

std::string_view AdviceFor(TokenReplyProblem problem) {
  switch (problem) {
    case TokenReplyProblem::kNotJson:
      return "auth.jwt.oauth2.tokenUrl: the reply is not one application/json object; check that "
             "the URL is a token endpoint";
    case TokenReplyProblem::kNoAccessToken:
      return "auth.jwt.oauth2.tokenUrl: the reply has no access_token; check that the URL is a "
             "token endpoint";
    case TokenReplyProblem::kNotBearer:
      return "auth.jwt.oauth2.tokenUrl: the reply's token_type is not Bearer; have the client "
             "issued bearer tokens";
    case TokenReplyProblem::kBadExpiresIn:
      return "auth.jwt.oauth2.tokenUrl: the reply's expires_in is not a positive whole number of "
             "seconds; look at the authorisation server";
    case TokenReplyProblem::kNotCompactJwt:
      break;
  }
  return AdviceFor(core::JwtSource::kOauth2, JwtProblem::kNotCompact);
}

std::string_view OversizeTokenReplyAdvice() {
  return "auth.jwt.oauth2.tokenUrl: the reply is over 1 MiB; check that the URL is a token "
         "endpoint";
}

}  // namespace baokms::adapters::jwt
