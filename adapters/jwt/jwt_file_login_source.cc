#include "adapters/jwt/jwt_file_login_source.h"

#include <utility>

#include "adapters/jwt/jwt_advice.h"
#include "adapters/jwt/jwt_login_body.h"

namespace baokms::adapters::jwt {
namespace {

// auth.md: one token; the newline that editors and printf leave behind is no part of it.
void DropOneNewline(core::Secret& content) {
  if (content.ExposeSecret().ends_with('\n')) content.Truncate(content.size() - 1);
}

core::LoginResult FromGrant(core::Result<core::TokenGrant> grant) {
  if (grant) return core::LoginSuccess{.grant = *std::move(grant), .credential_expires_at = {}};
  const bool refused = grant.error().error_class() == core::ErrorClass::kAuthFailed;
  const bool not_found = grant.error().openbao_status() == core::OpenBaoStatus::kNotFound;
  return std::unexpected(core::LoginFailure{
      .error = grant.error(),
      .status = refused ? core::LoginStatus::kAuthFailed : core::LoginStatus::kError,
      .advice = refused     ? RefusedAdvice()
                : not_found ? NotFoundAdvice()
                            : std::string_view()});
}

}  // namespace

std::expected<core::Secret, core::LoginFailure> ReadCheckedJwt(const JwtFileOptions& options,
                                                               const ports::FileReader& files,
                                                               core::UnixSeconds now) {
  auto content = files.Read(options.jwt_file, ports::kJwtFile);
  if (!content) {
    return std::unexpected(core::LoginFailure{.error = core::CredentialUnusable(),
                                              .status = core::LoginStatus::kJwtInvalid,
                                              .advice = FileAdvice(content.error())});
  }
  DropOneNewline(*content);
  const auto claims = VerifiedClaims::Verify(content->ExposeSecret(), options.expected, now);
  if (!claims) {
    return std::unexpected(core::LoginFailure{.error = core::CredentialUnusable(),
                                              .status = StatusOf(claims.error()),
                                              .advice = FileTokenAdvice(claims.error())});
  }
  return *std::move(content);
}

JwtFileLoginSource::JwtFileLoginSource(JwtFileOptions options, const ports::FileReader& files,
                                       ports::OpenBaoAuth& auth, const ports::Clock& clock)
    : options_(std::move(options)), files_(files), auth_(auth), clock_(clock) {}

void JwtFileLoginSource::Login(core::MonotonicTime deadline,
                               std::move_only_function<void(core::LoginResult)> done) {
  auto jwt = ReadCheckedJwt(options_, files_, clock_.Now().wall);
  if (!jwt) {
    done(std::unexpected(jwt.error()));
    return;
  }
  auth_.Login(core::OpenBaoOperation::kJwtLogin, options_.mount_path,
              JwtLoginBody(options_.role, jwt->ExposeSecret()), deadline,
              [done = std::move(done)](core::Result<core::TokenGrant> grant) mutable {
                done(FromGrant(std::move(grant)));
              });
}

}  // namespace baokms::adapters::jwt
