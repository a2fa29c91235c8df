#include "adapters/jwt/oauth2_source.h"

#include <utility>

#include "adapters/jwt/client_secret_file.h"
#include "adapters/jwt/jwt_advice.h"
#include "adapters/jwt/oauth2_advice.h"
#include "adapters/jwt/token_endpoint.h"
#include "adapters/jwt/token_reply.h"
#include "adapters/jwt/token_request.h"
#include "core/model/proxy_failure.h"

namespace baokms::adapters::jwt {
namespace {

using core::LoginStatus;
using core::OpenBaoStatus;

std::unexpected<core::LoginFailure> Failed(const core::Error& error, LoginStatus status,
                                           std::string_view advice) {
  return std::unexpected(core::LoginFailure{.error = error, .status = status, .advice = advice});
}

// `elapsed` since before the request was sent, and so since before the server began to count.
ports::JwtResult FromReply(const ports::HttpReply& reply, CredentialEncoding encoding,
                           core::Duration elapsed, core::Duration min_remaining_ttl) {
  const std::string_view body = reply.body.ExposeSecret();
  // wire-contract.md: a login that failed for 429 or 5xx has that cause's class.
  if (reply.status == 429) {
    return Failed(core::OpenBaoFailure(OpenBaoStatus::kRateLimited),
                  LoginStatus::kOauth2Unavailable, TokenEndpointUnavailableAdvice(reply.status));
  }
  if (reply.status >= 500 && reply.status <= 599) {
    return Failed(core::OpenBaoFailure(OpenBaoStatus::kUnavailable),
                  LoginStatus::kOauth2Unavailable, TokenEndpointUnavailableAdvice(reply.status));
  }
  if (reply.status != 200) {
    return Failed(core::CredentialUnusable(), LoginStatus::kOauth2Rejected,
                  RejectedGrantAdvice(reply.status, ReadTokenError(body), encoding));
  }
  auto token = ReadTokenReply(reply.content_type, body);
  if (!token) {
    return Failed(core::CredentialUnusable(), LoginStatus::kOauth2Response,
                  AdviceFor(token.error()));
  }
  // In whole seconds, as expires_in, which may be larger than a Duration holds.
  if (token->expires_in &&
      *token->expires_in <= std::chrono::floor<std::chrono::seconds>(elapsed + min_remaining_ttl)) {
    return Failed(core::CredentialUnusable(), LoginStatus::kJwtNearExpiry,
                  AdviceFor(core::JwtSource::kOauth2, JwtProblem::kNearExpiry));
  }
  return std::move(token->access_token);
}

ports::JwtResult FromFailure(const core::Error& error) {
  if (error == core::OversizeReply()) {
    return Failed(error, LoginStatus::kOauth2Response, OversizeTokenReplyAdvice());
  }
  if (const auto why = core::ProxyFailureOf(error)) {
    return Failed(error, LoginStatus::kOauth2Proxy, ProxyAdvice(*why));
  }
  return Failed(error, LoginStatus::kOauth2Request, TokenRequestAdvice(error));
}

}  // namespace

Oauth2Source::Oauth2Source(Oauth2Options options, ports::HttpTransport& transport,
                           const ports::FileReader& files, const ports::Clock& clock)
    : options_(std::move(options)),
      target_(TokenEndpoint::Of(options_.oauth2.token_url).target),
      transport_(transport),
      files_(files),
      clock_(clock) {}

void Oauth2Source::Fetch(core::MonotonicTime deadline,
                         std::move_only_function<void(ports::JwtResult)> done) {
  const auto secret = ReadClientSecret(options_.oauth2.client_secret_file, files_);
  if (!secret) return done(std::unexpected(secret.error()));
  const CredentialEncoding encoding = EncodingOf(options_.oauth2, secret->ExposeSecret());
  TokenRequest grant = MakeTokenRequest(options_.oauth2, secret->ExposeSecret());

  ports::HttpRequest request;
  request.method = ports::HttpMethod::kPost;
  request.path = target_;
  request.body = std::move(grant.form);
  request.credential_header = std::move(grant.authorization);
  request.max_reply_bytes = ports::kMebibyte;
  request.max_error_bytes = ports::kMebibyte;
  request.deadline = deadline;
  const core::BootTime started = clock_.Now().boot;
  transport_.Send(std::move(request), [this, encoding, started,
                                       done = std::move(done)](ports::HttpOutcome outcome) mutable {
    if (!outcome.reply) return done(FromFailure(outcome.reply.error()));
    done(FromReply(*outcome.reply, encoding, clock_.Now().boot - started,
                   options_.min_remaining_ttl));
  });
}

}  // namespace baokms::adapters::jwt
