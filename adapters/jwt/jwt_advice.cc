#include "adapters/jwt/jwt_advice.h"

namespace baokms::adapters::jwt {
namespace {

// How one problem is counted, and what to do about it for each source.
struct Verdict {
  core::LoginStatus status;
  std::string_view file;
  std::string_view oauth2;
  std::string_view spiffe;
};

// The same for every source.
constexpr Verdict Everywhere(core::LoginStatus status, std::string_view advice) {
  return {status, advice, advice, advice};
}

Verdict VerdictOn(JwtProblem problem) {
  using enum core::LoginStatus;
  switch (problem) {
    case JwtProblem::kNotCompact:
      return {
          kJwtInvalid,
          "auth.jwt.jwtFile: the file must contain exactly one JWT in compact form "
          "(header.payload.signature); write it again",
          "auth.jwt.oauth2: the access token is not a signed JWT in compact form; configure the "
          "authorization server to issue JWT access tokens to this client",
          "auth.jwt.spiffe: the Workload API's JWT-SVID is not a signed JWT in compact form; check "
          "the SPIFFE agent"};
    case JwtProblem::kNotJson:
      return {
          kJwtInvalid,
          "auth.jwt.jwtFile: the JWT's header or claims are not one JSON object without duplicate "
          "names; issue the JWT again",
          "auth.jwt.oauth2: the access token's header or claims are not one JSON object without "
          "duplicate names; check the authorization server",
          "auth.jwt.spiffe: the JWT-SVID's header or claims are not one JSON object without "
          "duplicate names; check the SPIFFE agent"};
    case JwtProblem::kNoExpiry:
      return {kJwtInvalid, "auth.jwt.jwtFile: the JWT has no exp claim; issue it with an expiry",
              "auth.jwt.oauth2: the access token has no exp claim; issue it with an expiry",
              "auth.jwt.spiffe: the JWT-SVID has no exp claim; check the SPIFFE agent"};
    case JwtProblem::kBadDate:
      return {
          kJwtInvalid,
          "auth.jwt.jwtFile: the JWT's exp, nbf or iat is not a number of seconds since 1970; "
          "issue the JWT again",
          "auth.jwt.oauth2: the access token's exp, nbf or iat is not a number of seconds since "
          "1970; check the authorization server",
          "auth.jwt.spiffe: the JWT-SVID's exp, nbf or iat is not a number of seconds since 1970; "
          "check the SPIFFE agent"};
    case JwtProblem::kExpired:
      return {
          kJwtExpired,
          "auth.jwt.jwtFile: the JWT has expired; check what renews the file, and this node's "
          "clock",
          "auth.jwt.oauth2: the access token has already expired; check the clocks of this node "
          "and the authorization server",
          "auth.jwt.spiffe: the JWT-SVID has already expired; check the clocks of this node and "
          "the SPIFFE server"};
    case JwtProblem::kNearExpiry:
      return {
          kJwtNearExpiry,
          "auth.jwt.jwtFile: the JWT expires within auth.jwt.minRemainingTtl; renew the file "
          "earlier or lower that setting",
          "auth.jwt.oauth2: the access token expires within auth.jwt.minRemainingTtl; issue it "
          "with a longer lifetime or lower that setting",
          "auth.jwt.spiffe: the JWT-SVID expires within auth.jwt.minRemainingTtl; issue it with a "
          "longer lifetime or lower that setting"};
    case JwtProblem::kNotYetValid:
      return {
          kJwtInvalid,
          "auth.jwt.jwtFile: the JWT's nbf or iat is in the future; check the clocks of this node "
          "and the issuer, or auth.jwt.clockSkewLeeway",
          "auth.jwt.oauth2: the access token's nbf or iat is in the future; check the clocks of "
          "this node and the authorization server, or auth.jwt.clockSkewLeeway",
          "auth.jwt.spiffe: the JWT-SVID's nbf or iat is in the future; check the clocks of this "
          "node and the SPIFFE server, or auth.jwt.clockSkewLeeway"};
    case JwtProblem::kWrongIssuer:
      return Everywhere(
          kJwtInvalid,
          "auth.jwt.expectedIssuer: the JWT has a different iss claim; correct the setting or "
          "the issuer");
    case JwtProblem::kWrongAudience:
      return Everywhere(
          kJwtInvalid,
          "auth.jwt.expectedAudience: none of the expected audiences is in the JWT's aud claim; "
          "correct the setting or issue the JWT for one of them");
    case JwtProblem::kWrongSubject:
      return Everywhere(
          kJwtInvalid,
          "auth.jwt.expectedSubject: the JWT has a different sub claim; correct the setting or "
          "the identity that the JWT is issued for");
  }
  return Everywhere(kJwtInvalid, "auth.jwt: the JWT cannot be used");
}

}  // namespace

core::LoginStatus StatusOf(JwtProblem problem) { return VerdictOn(problem).status; }

std::string_view AdviceFor(core::JwtSource source, JwtProblem problem) {
  const Verdict verdict = VerdictOn(problem);
  switch (source) {
    case core::JwtSource::kFile:
      break;
    case core::JwtSource::kOauth2:
      return verdict.oauth2;
    case core::JwtSource::kSpiffe:
      return verdict.spiffe;
  }
  return verdict.file;
}

std::string_view JwtFileAdvice(ports::FileProblem problem) {
  switch (problem) {
    case ports::FileProblem::kNotAbsolute:
      return "auth.jwt.jwtFile: absolute_path_required; use an absolute path";
    case ports::FileProblem::kMissing:
      return "auth.jwt.jwtFile: file_missing; check the path and what writes the file";
    case ports::FileProblem::kUnreadable:
      return "auth.jwt.jwtFile: file_unreadable; allow the provider's user to read it";
    case ports::FileProblem::kSymlink:
      return "auth.jwt.jwtFile: symlink_unsupported; a link is followed only if root or the "
             "provider's user owns it, the file and every directory on the way, and neither "
             "group nor others may write to one of these directories; correct that, or use the "
             "path of the file itself";
    case ports::FileProblem::kNotRegular:
    case ports::FileProblem::kNotDirectory:
      return "auth.jwt.jwtFile: regular_file_required; use a regular file";
    case ports::FileProblem::kUnsafePermissions:
    case ports::FileProblem::kWrongOwner:
      return "auth.jwt.jwtFile: unsafe_permissions; remove group write and execute and all access "
             "for others (mode 0640 or 0600)";
    case ports::FileProblem::kChanged:
      return "auth.jwt.jwtFile: file_changed; replace the file by rename, not in place";
    case ports::FileProblem::kTooLarge:
      return "auth.jwt.jwtFile: file_too_large; a JWT file has at most 1 MiB";
  }
  return "auth.jwt.jwtFile: file_unreadable";
}

std::string_view JwtContentAdvice(core::LineProblem problem) {
  if (problem == core::LineProblem::kByteOrderMark) {
    return "auth.jwt.jwtFile: the file begins with a byte order mark; save it as plain text "
           "without one";
  }
  return AdviceFor(core::JwtSource::kFile, JwtProblem::kNotCompact);
}

std::string_view RefusedAdvice(const core::Error& error) {
  if (error == core::TokenUsesLimited()) {
    return "auth.jwt.role: the role's tokens are valid for a limited number of calls; set "
           "token_num_uses=0 on the role in OpenBao";
  }
  if (error == core::SecondFactorWanted()) {
    return "auth.jwt.mountPath: OpenBao wants a second factor for this login, which the provider "
           "cannot give; exempt this mount or role from the MFA login enforcement in OpenBao";
  }
  return AdviceFor(core::LoginRefusalOf(error).value_or(core::LoginRefusal::kOther));
}

std::string_view AdviceFor(core::LoginRefusal why) {
  switch (why) {
    case core::LoginRefusal::kDenied:
      return "auth.jwt.mountPath: OpenBao has no auth method there, or the role's "
             "token_bound_cidrs leave out this node's address; correct one of them, and check "
             "openbao.namespace";
    case core::LoginRefusal::kNotConfigured:
      return "auth.jwt.mountPath: the auth method there has no configuration; write its config in "
             "OpenBao (jwt_validation_pubkeys, jwks_url or oidc_discovery_url)";
    case core::LoginRefusal::kRole:
      return "auth.jwt.role: the auth method at auth.jwt.mountPath has no role of that name; "
             "correct the setting, or create the role again";
    case core::LoginRefusal::kIssuer:
      return "the JWT's iss claim is not the bound_issuer of the auth method at "
             "auth.jwt.mountPath; correct that setting in OpenBao, or issue the JWT with it";
    case core::LoginRefusal::kSubject:
      return "the JWT's sub claim is not the bound_subject of the role that auth.jwt.role names; "
             "correct the role in OpenBao, or issue the JWT for that subject";
    case core::LoginRefusal::kAudience:
      return "the JWT's aud claim has none of the bound_audiences of the role that auth.jwt.role "
             "names; correct the role in OpenBao, or issue the JWT for one of them";
    case core::LoginRefusal::kClaims:
      return "the JWT lacks a claim that the role that auth.jwt.role names requires (bound_claims "
             "or user_claim), or has another value; OpenBao's log names it";
    case core::LoginRefusal::kSignature:
      return "the JWT is signed with a key that OpenBao does not trust: give the auth method at "
             "auth.jwt.mountPath the issuer's present keys (jwt_validation_pubkeys), or make sure "
             "that OpenBao can fetch them (jwks_url, oidc_discovery_url)";
    case core::LoginRefusal::kExpired:
      return "the JWT has expired for OpenBao and not for this node: compare their clocks, and "
             "renew the JWT earlier";
    case core::LoginRefusal::kNotYetValid:
      return "the JWT is not valid yet for OpenBao: compare the clocks of OpenBao, the issuer and "
             "this node; a JWT with exp alone, without iat and nbf, is valid only in its last "
             "150 s";
    case core::LoginRefusal::kOther:
      break;
  }
  return "OpenBao refused the JWT login: check auth.jwt.mountPath and auth.jwt.role, and that the "
         "role's bound issuer, audience, subject and claims accept the JWT";
}

std::string_view NotFoundAdvice() {
  return "OpenBao has nothing at the login path: check openbao.namespace and auth.jwt.mountPath";
}

}  // namespace baokms::adapters::jwt
