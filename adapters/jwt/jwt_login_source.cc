#include "adapters/jwt/jwt_login_source.h"

#include <utility>

#include "adapters/jwt/jwt_advice.h"
#include "adapters/jwt/jwt_login_body.h"

namespace baokms::adapters::jwt {
namespace {

core::LoginResult FromGrant(core::Result<core::TokenGrant> grant, core::UnixSeconds expires_at) {
  if (grant) {
    return core::LoginSuccess{.grant = *std::move(grant), .credential_expires_at = expires_at};
  }
  const bool refused = grant.error().error_class() == core::ErrorClass::kAuthFailed;
  const bool not_found = grant.error().openbao_status() == core::OpenBaoStatus::kNotFound;
  return std::unexpected(core::LoginFailure{
      .error = grant.error(),
      .status = refused ? core::LoginStatus::kAuthFailed : core::LoginStatus::kError,
      .advice = refused     ? RefusedAdvice(grant.error())
                : not_found ? NotFoundAdvice()
                            : std::string_view()});
}

}  // namespace

std::expected<VerifiedClaims, core::LoginFailure> CheckJwt(const JwtLoginOptions& options,
                                                           std::string_view jwt,
                                                           core::UnixSeconds now) {
  const auto claims = VerifiedClaims::Verify(jwt, options.expected, now);
  if (claims) return *claims;
  return std::unexpected(core::LoginFailure{.error = core::CredentialUnusable(),
                                            .status = StatusOf(claims.error()),
                                            .advice = AdviceFor(options.source, claims.error())});
}

JwtLoginSource::JwtLoginSource(JwtLoginOptions options, ports::JwtSource& source,
                               ports::OpenBaoAuth& auth, const ports::Clock& clock)
    : options_(std::move(options)), source_(source), auth_(auth), clock_(clock) {}

void JwtLoginSource::Login(core::MonotonicTime deadline,
                           std::move_only_function<void(core::LoginResult)> done) {
  source_.Fetch(deadline, [this, deadline, done = std::move(done)](ports::JwtResult jwt) mutable {
    if (!jwt) return done(std::unexpected(jwt.error()));
    const auto checked = CheckJwt(options_, jwt->ExposeSecret(), clock_.Now().wall);
    if (!checked) return done(std::unexpected(checked.error()));
    auth_.Login(core::OpenBaoOperation::kJwtLogin, options_.mount_path,
                JwtLoginBody(options_.role, jwt->ExposeSecret()), /*identity=*/nullptr, deadline,
                [done = std::move(done),
                 expires_at = checked->expires_at()](core::Result<core::TokenGrant> grant) mutable {
                  done(FromGrant(std::move(grant), expires_at));
                });
  });
}

void JwtLoginSource::Renew(std::shared_ptr<const core::HeldToken> token,
                           std::chrono::seconds increment, core::MonotonicTime deadline,
                           std::move_only_function<void(core::RenewalResult)> done) {
  auth_.RenewSelf(std::move(token), increment, /*identity=*/nullptr, deadline,
                  [done = std::move(done)](core::Result<core::TokenGrant> grant) mutable {
                    if (!grant) return done(std::unexpected(core::RenewalFailure{grant.error()}));
                    done(*std::move(grant));
                  });
}

}  // namespace baokms::adapters::jwt
