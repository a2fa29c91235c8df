#include "app/checks/credential_checks.h"

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "adapters/cert/cert_advice.h"
#include "adapters/jwt/client_secret_file.h"
#include "app/openbao/await.h"
#include "app/reports/failure_advice.h"
#include "core/text/duration_words.h"

namespace baokms::app {
namespace {

// An error is worded for Transit, which has no part in a login.
std::string_view WhatFailed(const core::LoginFailure& failure) {
  if (failure.error.error_class() == core::ErrorClass::kTransitKeyMissing) {
    return "OpenBao has no such login";
  }
  switch (failure.status) {
    case core::LoginStatus::kOauth2Request:
      return "the authorization server could not be reached";
    case core::LoginStatus::kOauth2Rejected:
      return "the authorization server refused the grant";
    case core::LoginStatus::kOauth2Unavailable:
      return "the authorization server is not available";
    case core::LoginStatus::kOauth2Response:
      return "the authorization server's reply cannot be used";
    default:
      return failure.error.message();
  }
}

core::MonotonicTime Deadline(const SourceContext& context) {
  return context.clock.Now().monotonic + context.configuration.auth.login_timeout;
}

CheckResult FailedSource(const std::string& why) { return Fail("the source did not start", why); }

std::string ValidFor(core::UnixSeconds expires_at, const SourceContext& context) {
  return "valid for " +
         core::DurationWords(std::chrono::seconds(expires_at - context.clock.Now().wall));
}

CheckResult CheckClientSecret(const SourceContext& context) {
  const auto secret = adapters::jwt::ReadClientSecret(
      context.configuration.auth.jwt.oauth2.client_secret_file, context.files);
  return secret ? Pass() : FailedLogin(secret.error());
}

CheckResult CheckFetchedJwt(const SourceContext& context) {
  const auto source = MakeJwtSource(context);
  if (!source) return FailedSource(source.error());
  const auto jwt = Await<ports::JwtResult>(
      [&](auto done) { (*source)->Fetch(Deadline(context), std::move(done)); });
  if (!jwt) return FailedLogin(jwt.error());
  const auto claims = adapters::jwt::CheckJwt(JwtLoginOptionsOf(context.configuration.auth.jwt),
                                              jwt->ExposeSecret(), context.clock.Now().wall);
  if (!claims) return FailedLogin(claims.error());
  const std::string seen = "the JWT is " + ValidFor(claims->expires_at(), context);
  if (claims->names_start()) return Pass(seen);
  return Warn(seen + " and has neither iat nor nbf",
              "issue it with iat or nbf: without them OpenBao accepts it only in the last 150 s "
              "before it expires");
}

// One certificate for three checks.
struct CertificateUnderCheck {
  SourceContext context;
  std::unique_ptr<ports::CertificateSource> source;
  core::ClientIdentityRef identity;

  const core::CertConfiguration& cert() const { return context.configuration.auth.cert; }

  CheckResult Acquire() {
    auto made = MakeCertificateSource(context);
    if (!made) return FailedSource(made.error());
    source = *std::move(made);
    auto acquired = Await<ports::IdentityResult>(
        [&](auto done) { source->Acquire(Deadline(context), std::move(done)); });
    if (!acquired) return FailedLogin(acquired.error());
    identity = *std::move(acquired);
    return Pass();
  }

  CheckResult CheckLocally() const {
    const auto facts = adapters::cert::CheckIdentity(CertLoginOptionsOf(cert()), *identity,
                                                     context.clock.Now().wall);
    if (!facts) return FailedLogin(facts.error());
    const std::string seen = "the certificate is " + ValidFor(facts->expires_at, context);
    if (facts->has_common_name) return Pass(seen);
    return Fail(seen + " and has no Common Name",
                std::string(adapters::cert::CommonNameAdvice(cert().source)));
  }

  CheckResult ProbeSignature() {
    const auto signs = adapters::cert::ProbeSigner(CertLoginOptionsOf(cert()), *identity);
    // A token has its sessions back before anything else asks for one.
    identity.reset();
    source.reset();
    return signs ? Pass() : FailedLogin(signs.error());
  }
};

std::vector<PlannedCheck> JwtChecks(const SourceContext& context) {
  const auto check = [context] { return CheckFetchedJwt(context); };
  switch (context.configuration.auth.jwt.source) {
    case core::JwtSource::kFile:
      return {{"jwt.local", "JWT file", IfFailed::kSkipTheRest, check}};
    case core::JwtSource::kOauth2:
      return {{"oauth2.local", "OAuth 2.0 client credential", IfFailed::kSkipTheRest,
               [context] { return CheckClientSecret(context); }}};
    case core::JwtSource::kSpiffe:
      return {{"spiffe.workload_api", "SPIFFE Workload API", IfFailed::kSkipTheRest, check}};
  }
  return {};
}

std::vector<PlannedCheck> CertificateChecks(const SourceContext& context) {
  const auto checked =
      std::make_shared<CertificateUnderCheck>(CertificateUnderCheck{context, {}, {}});
  const bool spiffe = context.configuration.auth.cert.source == core::CertSource::kSpiffe;
  return {{spiffe ? "auth.cert.spiffe" : "auth.cert.pkcs11",
           spiffe ? "SPIFFE certificate source" : "PKCS#11 certificate source",
           IfFailed::kSkipTheRest, [checked] { return checked->Acquire(); }},
          {"auth.cert.local", "Certificate identity", IfFailed::kSkipTheRest,
           [checked] { return checked->CheckLocally(); }},
          {"auth.cert.signer", "Certificate signer", IfFailed::kSkipTheRest,
           [checked] { return checked->ProbeSignature(); }}};
}

}  // namespace

std::vector<PlannedCheck> CredentialChecks(const SourceContext& context) {
  return context.configuration.auth.method == core::AuthMethod::kJwt ? JwtChecks(context)
                                                                     : CertificateChecks(context);
}

std::vector<PlannedCheck> AcquisitionChecks(const SourceContext& context) {
  const core::AuthConfiguration& auth = context.configuration.auth;
  if (auth.method != core::AuthMethod::kJwt || auth.jwt.source != core::JwtSource::kOauth2) {
    return {};
  }
  return {{"oauth2.acquire", "OAuth 2.0 token acquisition", IfFailed::kSkipTheRest,
           [context] { return CheckFetchedJwt(context); }}};
}

CheckResult FailedLogin(const core::LoginFailure& failure) {
  std::string seen(core::Name(failure.status));
  seen.append(": ").append(WhatFailed(failure));
  return Fail(std::move(seen), AdviceFor(failure));
}

}  // namespace baokms::app
