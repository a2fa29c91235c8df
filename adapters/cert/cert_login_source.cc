#include "adapters/cert/cert_login_source.h"

#include <utility>

#include "adapters/cert/cert_advice.h"
#include "core/text/json_string.h"

namespace baokms::adapters::cert {
namespace {

std::unexpected<core::LoginFailure> Unusable(core::LoginStatus status, std::string_view advice) {
  return std::unexpected(
      core::LoginFailure{.error = core::CredentialUnusable(), .status = status, .advice = advice});
}

core::LoginFailure RefusedBy(const core::Error& error, const Presented& presented,
                             core::CertSource source) {
  if (error.error_class() == core::ErrorClass::kAuthFailed) {
    return {.error = error,
            .status = core::LoginStatus::kAuthFailed,
            .advice = RefusedAdvice(error, presented, source)};
  }
  const bool not_found = error.openbao_status() == core::OpenBaoStatus::kNotFound;
  return {.error = error,
          .status = core::LoginStatus::kError,
          .advice = not_found ? NotFoundAdvice() : std::string_view()};
}

core::Secret LoginBody(const std::string& name) {
  return core::Secret::Copy(name.empty() ? "{}" : R"({"name":)" + core::JsonString(name) + "}");
}

}  // namespace

std::expected<CertificateFacts, core::LoginFailure> CheckIdentity(
    const CertLoginOptions& options, const core::ClientIdentity& identity, core::UnixSeconds now) {
  const auto facts = CheckCertificate(identity, options.expected, now);
  if (facts) return *facts;
  return Unusable(StatusOf(facts.error()), AdviceFor(options.source, facts.error()));
}

std::expected<void, core::LoginFailure> ProbeSigner(const CertLoginOptions& options,
                                                    const core::ClientIdentity& identity) {
  if (SignatureVerifies(identity)) return {};
  return Unusable(core::LoginStatus::kCertInvalid, SignerAdvice(options.source));
}

CertLoginSource::CertLoginSource(CertLoginOptions options, ports::CertificateSource& source,
                                 ports::OpenBaoAuth& auth, const ports::Clock& clock)
    : options_(std::move(options)), source_(source), auth_(auth), clock_(clock) {}

void CertLoginSource::Login(core::MonotonicTime deadline,
                            std::move_only_function<void(core::LoginResult)> done) {
  source_.Acquire(deadline,
                  [this, deadline, done = std::move(done)](ports::IdentityResult identity) mutable {
                    if (!identity) return done(std::unexpected(identity.error()));
                    LogInWith(*std::move(identity), deadline, std::move(done));
                  });
}

void CertLoginSource::LogInWith(core::ClientIdentityRef identity, core::MonotonicTime deadline,
                                std::move_only_function<void(core::LoginResult)> done) {
  const auto facts = CheckIdentity(options_, *identity, clock_.Now().wall);
  if (!facts) return done(std::unexpected(facts.error()));
  if (const auto signs = ProbeSigner(options_, *identity); !signs) {
    return done(std::unexpected(signs.error()));
  }
  auth_.Login(
      core::OpenBaoOperation::kCertLogin, options_.mount_path, LoginBody(options_.name), identity,
      deadline,
      [this, identity, facts = *facts,
       done = std::move(done)](core::Result<core::TokenGrant> grant) mutable {
        if (!grant) {
          return done(std::unexpected(RefusedBy(
              grant.error(), {.common_name = facts.has_common_name, .rsa_pss = identity->rsa_pss},
              options_.source)));
        }
        presented_ = std::move(identity);
        done(core::LoginSuccess{.grant = *std::move(grant),
                                .credential_expires_at = facts.expires_at,
                                .presented = presented_});
      });
}

void CertLoginSource::Renew(std::shared_ptr<const core::HeldToken> token,
                            std::chrono::seconds increment, core::MonotonicTime deadline,
                            std::move_only_function<void(core::RenewalResult)> done) {
  source_.Acquire(deadline, [this, token = std::move(token), increment, deadline,
                             done = std::move(done)](ports::IdentityResult identity) mutable {
    if (!identity) return done(std::unexpected(core::RenewalFailure{identity.error().error}));
    if ((*identity)->chain_der.front() != presented_->chain_der.front()) {
      return done(std::unexpected(core::RenewalFailure{}));
    }
    auth_.RenewSelf(std::move(token), increment, presented_, deadline,
                    [done = std::move(done)](core::Result<core::TokenGrant> grant) mutable {
                      if (!grant) return done(std::unexpected(core::RenewalFailure{grant.error()}));
                      done(*std::move(grant));
                    });
  });
}

}  // namespace baokms::adapters::cert
