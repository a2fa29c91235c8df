#include "adapters/jwt/oauth2_advice.h"

#include "adapters/jwt/jwt_advice.h"

namespace baokms::adapters::jwt {

namespace {

std::string_view RefusedClientAdvice(CredentialEncoding encoding) {
  if (encoding == CredentialEncoding::kChangesThem) {
    return "auth.jwt.oauth2.clientId: the authorization server does not accept the client; check "
           "clientId and the secret in clientSecretFile; if both are right, set authMethod to "
           "client_secret_post: one of them has special characters, which client_secret_basic "
           "sends encoded (RFC 6749, 2.3.1) and some servers do not decode";
  }
  return "auth.jwt.oauth2.clientId: the authorization server does not accept the client; check "
         "clientId, the secret in clientSecretFile and authMethod";
}

}  // namespace

std::string_view ClientSecretFileAdvice(ports::FileProblem problem) {
  switch (problem) {
    case ports::FileProblem::kNotAbsolute:
      return "auth.jwt.oauth2.clientSecretFile: absolute_path_required; use an absolute path";
    case ports::FileProblem::kMissing:
      return "auth.jwt.oauth2.clientSecretFile: file_missing; check the path and what writes the "
             "file";
    case ports::FileProblem::kUnreadable:
      break;
    case ports::FileProblem::kSymlink:
      return "auth.jwt.oauth2.clientSecretFile: symlink_unsupported; a link is followed only if "
             "root or the provider's user owns it, the file and every directory on the way, and "
             "neither group nor others may write to one of these directories; correct that, or "
             "use the path of the file itself";
    case ports::FileProblem::kNotRegular:
    case ports::FileProblem::kNotDirectory:
      return "auth.jwt.oauth2.clientSecretFile: regular_file_required; use a regular file";
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
  return "auth.jwt.oauth2.clientSecretFile: file_unreadable; allow the provider's user to read it";
}

std::string_view ClientSecretContentAdvice(core::LineProblem problem) {
  switch (problem) {
    case core::LineProblem::kNotOneLine:
      break;
    case core::LineProblem::kOuterBlank:
      return "auth.jwt.oauth2.clientSecretFile: invalid_content; the secret begins or ends in a "
             "blank, so nothing was sent; write it again without spaces and tabs around it";
    case core::LineProblem::kByteOrderMark:
      return "auth.jwt.oauth2.clientSecretFile: invalid_content; the file begins with a byte order "
             "mark, so nothing was sent; save it as plain text without one";
  }
  return "auth.jwt.oauth2.clientSecretFile: invalid_content; the file must contain only the "
         "secret, on one line";
}

std::string_view TokenRequestAdvice(const core::Error& error) {
  if (error == core::DeadlineExceeded()) {
    return "auth.jwt.oauth2.tokenUrl: the authorization server did not answer in time; check the "
           "server, or raise auth.loginTimeout";
  }
  switch (error.openbao_status().value_or(core::OpenBaoStatus::kUnknown)) {
    case core::OpenBaoStatus::kDnsFailed:
      return "auth.jwt.oauth2.tokenUrl: the host name could not be resolved; check the name and "
             "the node's DNS";
    case core::OpenBaoStatus::kConnectionFailed:
      return "auth.jwt.oauth2.tokenUrl: could not connect to the authorization server; check the "
             "address and that the server is running";
    case core::OpenBaoStatus::kTlsFailed:
      return "auth.jwt.oauth2.caCertFile: TLS to the authorization server failed; check the file, "
             "or the system's roots when it is empty, and the host name in tokenUrl against the "
             "server's certificate";
    default:
      return "auth.jwt.oauth2.tokenUrl: the authorization server sent no complete reply; check "
             "that the URL is its token endpoint";
  }
}

std::string_view ProxyAdvice(core::ProxyFailure why) {
  switch (why) {
    case core::ProxyFailure::kNameUnknown:
      return "auth.jwt.oauth2.proxyUrl: the host name could not be resolved; check the name and "
             "the "
             "node's DNS";
    case core::ProxyFailure::kUnreachable:
      return "auth.jwt.oauth2.proxyUrl: could not connect to the proxy; check the address and that "
             "the proxy is running";
    case core::ProxyFailure::kSilent:
      return "auth.jwt.oauth2.proxyUrl: the proxy accepted the connection but did not answer in "
             "time; check the proxy, and whether it can reach the host of tokenUrl, or raise "
             "auth.loginTimeout";
    case core::ProxyFailure::kNoAnswer:
      return "auth.jwt.oauth2.proxyUrl: the proxy closed the connection, or what answered does not "
             "speak HTTP; check that the port is that of an HTTP proxy, not of a SOCKS or an https "
             "one";
    case core::ProxyFailure::kForbidden:
      return "auth.jwt.oauth2.proxyUrl: the proxy answered 403; allow this node to CONNECT to the "
             "host and port of tokenUrl there";
    case core::ProxyFailure::kWantsCredentials:
      return "auth.jwt.oauth2.proxyUrl: the proxy answered 407; it wants credentials, which are "
             "not "
             "supported; let this node through without them, to the host and port of tokenUrl "
             "alone";
    case core::ProxyFailure::kServerUnreachable:
      return "auth.jwt.oauth2.tokenUrl: the proxy answered 502, 503 or 504; check the host name "
             "and "
             "port, and whether the proxy can resolve and reach them";
    case core::ProxyFailure::kRefused:
      break;
  }
  return "auth.jwt.oauth2.proxyUrl: the proxy refused the CONNECT; check that it is an HTTP proxy "
         "that allows CONNECT to the host and port of tokenUrl";
}

std::string_view RejectedGrantAdvice(int status, TokenErrorCode code, CredentialEncoding encoding) {
  switch (code) {
    case TokenErrorCode::kInvalidClient:
      return RefusedClientAdvice(encoding);
    case TokenErrorCode::kUnauthorizedClient:
    case TokenErrorCode::kUnsupportedGrantType:
      return "auth.jwt.oauth2.clientId: the authorization server does not allow this client to use "
             "the client credentials grant; allow it there";
    case TokenErrorCode::kInvalidScope:
      return "auth.jwt.oauth2.scopes: the authorization server refuses a scope; correct the "
             "setting or allow the scope there";
    case TokenErrorCode::kInvalidTarget:
      return "auth.jwt.oauth2.resources: the authorization server refuses a resource or the "
             "audience; correct the setting or allow it there";
    case TokenErrorCode::kOther:
      break;
  }
  if (status >= 300 && status <= 399) {
    return "auth.jwt.oauth2.tokenUrl: the authorization server sends a redirect, which is not "
           "followed; use the URL of the token endpoint itself";
  }
  if (status == 401) return RefusedClientAdvice(encoding);
  if (status == 404) {
    return "auth.jwt.oauth2.tokenUrl: the authorization server has nothing at this URL; check the "
           "URL";
  }
  return "auth.jwt.oauth2: the authorization server refused the grant; check tokenUrl, clientId, "
         "authMethod, scopes, audience and resources, and the server's log";
}

std::string_view TokenEndpointUnavailableAdvice(int status) {
  if (status == 429) {
    return "auth.jwt.oauth2.tokenUrl: the authorization server limits the rate of this client; "
           "raise the limit there";
  }
  return "auth.jwt.oauth2.tokenUrl: the authorization server failed (5xx); check its log";
}

std::string_view AdviceFor(TokenReplyProblem problem) {
  switch (problem) {
    case TokenReplyProblem::kNoContentType:
      return "auth.jwt.oauth2.tokenUrl: the reply has no Content-Type, where application/json is "
             "required; check that the URL is a token endpoint";
    case TokenReplyProblem::kHtmlPage:
      return "auth.jwt.oauth2.tokenUrl: the reply is an HTML page, where application/json is "
             "required; check that the URL is a token endpoint, and that no proxy or login page "
             "answers in its place";
    case TokenReplyProblem::kOtherContentType:
      return "auth.jwt.oauth2.tokenUrl: the reply has another Content-Type than application/json; "
             "check that the URL is a token endpoint, or correct the type on the server";
    case TokenReplyProblem::kNotJson:
      return "auth.jwt.oauth2.tokenUrl: the reply is not a single JSON object without duplicate "
             "names; check that the URL is a token endpoint";
    case TokenReplyProblem::kNoAccessToken:
      return "auth.jwt.oauth2.tokenUrl: the reply has no access_token; check that the URL is a "
             "token endpoint";
    case TokenReplyProblem::kNotBearer:
      return "auth.jwt.oauth2.tokenUrl: the reply's token_type is not Bearer; configure the server "
             "to issue bearer tokens to this client";
    case TokenReplyProblem::kBadExpiresIn:
      return "auth.jwt.oauth2.tokenUrl: the reply's expires_in is not a number of seconds; check "
             "the authorization server";
    case TokenReplyProblem::kNotCompactJwt:
      break;
  }
  return AdviceFor(core::JwtSource::kOauth2, JwtProblem::kNotCompact);
}

std::string_view OversizeTokenReplyAdvice() {
  return "auth.jwt.oauth2.tokenUrl: the reply is larger than 1 MiB; check that the URL is a token "
         "endpoint";
}

}  // namespace baokms::adapters::jwt
