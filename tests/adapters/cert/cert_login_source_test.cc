// auth.md, "Certificates": what is sent, over which certificate, and when nothing is.
#include "adapters/cert/cert_login_source.h"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <vector>

#include "tests/adapters/cert/made_identity.h"
#include "tests/support/ports/fake_clock.h"

namespace baokms::tests {
namespace {

using adapters::cert::CertLoginOptions;
using adapters::cert::CertLoginSource;
using core::LoginStatus;
using namespace std::chrono_literals;

class FakeCertificates final : public ports::CertificateSource {
 public:
  void Acquire(core::MonotonicTime deadline,
               std::move_only_function<void(ports::IdentityResult)> done) override {
    ++calls;
    CHECK(deadline == core::MonotonicTime(5s));
    if (failure) {
      done(std::unexpected(*failure));
    } else {
      done(std::make_shared<const core::ClientIdentity>(identity));
    }
  }
  core::ClientIdentity identity = MakeIdentity();
  std::optional<core::LoginFailure> failure;
  int calls = 0;
};

class FakeAuth final : public ports::OpenBaoAuth {
 public:
  void Login(core::OpenBaoOperation operation, const std::string& mount_path, core::Secret body,
             core::ClientIdentityRef identity, core::MonotonicTime deadline,
             ports::Completion<core::TokenGrant> done) override {
    CHECK(operation == core::OpenBaoOperation::kCertLogin);
    CHECK(mount_path == "auth/cert");
    CHECK(deadline == core::MonotonicTime(5s));
    logins.emplace_back(body.ExposeSecret());
    Answer(std::move(identity), std::move(done));
  }
  void RenewSelf(std::shared_ptr<const core::HeldToken> token, std::chrono::seconds increment,
                 core::ClientIdentityRef identity, core::MonotonicTime deadline,
                 ports::Completion<core::TokenGrant> done) override {
    CHECK(token->value.ExposeSecret() == "s.t");
    CHECK(increment == 3600s);
    CHECK(deadline == core::MonotonicTime(5s));
    ++renewals;
    Answer(std::move(identity), std::move(done));
  }
  std::optional<core::Error> error;
  std::vector<std::string> logins;
  int renewals = 0;
  core::ClientIdentityRef presented;

 private:
  void Answer(core::ClientIdentityRef identity, ports::Completion<core::TokenGrant> done) {
    REQUIRE(identity != nullptr);
    presented = std::move(identity);
    if (error) {
      done(std::unexpected(*error));
    } else {
      done(core::TokenGrant{.value = core::Secret::Copy("s.t"), .lease = 60s, .renewable = true});
    }
  }
};

struct Fixture {
  FakeCertificates certificates;
  FakeAuth auth;
  testing::FakeClock clock{1'700'003'600};
  CertLoginOptions options{.mount_path = "auth/cert",
                           .name = "node",
                           .expected = {.clock_skew_leeway = 30s, .min_remaining_ttl = 1h}};
  std::optional<CertLoginSource> source;

  CertLoginSource& Source() {
    if (!source) source.emplace(options, certificates, auth, clock);
    return *source;
  }
  core::LoginResult Login() {
    std::optional<core::LoginResult> result;
    Source().Login(core::MonotonicTime(5s), [&](core::LoginResult r) { result = std::move(r); });
    REQUIRE(result.has_value());
    return *std::move(result);
  }
  core::RenewalResult Renew() {
    std::optional<core::RenewalResult> result;
    Source().Renew(std::make_shared<const core::HeldToken>(core::HeldToken{
                       .generation = 1, .value = core::Secret::Copy("s.t"), .expires_at = {}}),
                   3600s, core::MonotonicTime(5s),
                   [&](core::RenewalResult r) { result = std::move(r); });
    REQUIRE(result.has_value());
    return *std::move(result);
  }
};

TEST_CASE("Cert login: the role's name goes to the mount over the source's certificate") {
  Fixture fixture;
  const auto result = fixture.Login();
  REQUIRE(result.has_value());
  CHECK(result->grant.value.ExposeSecret() == "s.t");
  CHECK(result->credential_expires_at == 1'700'864'000);
  CHECK(fixture.auth.logins == std::vector<std::string>{R"({"name":"node"})"});
  CHECK(fixture.auth.presented->chain_der == fixture.certificates.identity.chain_der);
}

TEST_CASE("Cert login: without a role's name OpenBao finds one") {
  Fixture fixture;
  fixture.options.name.clear();
  REQUIRE(fixture.Login().has_value());
  CHECK(fixture.auth.logins == std::vector<std::string>{"{}"});
}

TEST_CASE("Cert login: the role's name cannot leave its string") {
  Fixture fixture;
  fixture.options.name = "a\"b\\";
  REQUIRE(fixture.Login().has_value());
  CHECK(fixture.auth.logins == std::vector<std::string>{R"({"name":"a\"b\\"})"});
}

TEST_CASE("Cert login: what fails the local checks never reaches OpenBao") {
  Fixture fixture;
  const auto status = [&] {
    const auto result = fixture.Login();
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().error == core::CredentialUnusable());
    CHECK(result.error().advice.starts_with("auth.cert."));
    return result.error().status;
  };
  fixture.clock.SetWall(1'700'864'100);
  CHECK(status() == LoginStatus::kCertExpired);
  fixture.clock.SetWall(1'700'863'000);
  CHECK(status() == LoginStatus::kCertNearExpiry);
  fixture.clock.SetWall(1'600'000'000);
  CHECK(status() == LoginStatus::kCertInvalid);
  fixture.clock.SetWall(1'700'003'600);
  fixture.certificates.identity.key = MakeKey("P-256");
  CHECK(status() == LoginStatus::kCertInvalid);
  fixture.certificates.failure =
      core::LoginFailure{core::CredentialUnusable(), LoginStatus::kNoUsableSession, "auth.cert.x"};
  CHECK(status() == LoginStatus::kNoUsableSession);
  CHECK(fixture.auth.logins.empty());
}

TEST_CASE("Cert login: a refusal is auth_failed with advice and another failure keeps its error") {
  Fixture fixture;
  fixture.auth.error = core::LoginRefused();
  const auto refused = fixture.Login();
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().status == LoginStatus::kAuthFailed);
  CHECK(refused.error().advice.contains("auth.cert.name"));
  fixture.certificates.identity = MakeIdentity({.common_name = ""});
  for (const auto source : {core::CertSource::kPkcs11, core::CertSource::kSpiffe}) {
    fixture.options.source = source;
    fixture.source.reset();
    const auto nameless = fixture.Login();
    REQUIRE_FALSE(nameless.has_value());
    CHECK(nameless.error().status == LoginStatus::kAuthFailed);
    CHECK(nameless.error().error == core::LoginRefused());
    CHECK(nameless.error().advice.contains("no Common Name"));
  }
  // Not the missing Common Name's fault: OpenBao accepted the certificate.
  for (const auto& [error, words] :
       {std::pair{core::TokenUsesLimited(), "set token_num_uses=0"},
        {core::SecondFactorWanted(), "OpenBao wants a second factor for this login"}}) {
    fixture.auth.error = error;
    const auto granted = fixture.Login();
    REQUIRE_FALSE(granted.has_value());
    CHECK(granted.error().status == LoginStatus::kAuthFailed);
    CHECK(granted.error().error == error);
    CHECK(granted.error().advice.starts_with("auth.cert."));
    CHECK(granted.error().advice.contains(words));
  }
  fixture.auth.error = core::OpenBaoFailure(core::OpenBaoStatus::kSealed);
  const auto sealed = fixture.Login();
  REQUIRE_FALSE(sealed.has_value());
  CHECK(sealed.error().status == LoginStatus::kError);
  CHECK(sealed.error().error == core::OpenBaoFailure(core::OpenBaoStatus::kSealed));
}

TEST_CASE("Cert login: a refused key that cannot sign for TLS 1.3 gets that advice") {
  Fixture fixture;
  fixture.auth.error = core::LoginRefused();
  fixture.certificates.identity.rsa_pss = false;
  const auto refused = fixture.Login();
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().status == LoginStatus::kAuthFailed);
  CHECK(refused.error().advice.contains("TLS 1.2"));
}

TEST_CASE("Cert renewal: it presents the certificate of the login") {
  Fixture fixture;
  REQUIRE(fixture.Login().has_value());
  const core::ClientIdentityRef of_login = fixture.auth.presented;
  const auto renewed = fixture.Renew();
  REQUIRE(renewed.has_value());
  CHECK(fixture.auth.presented == of_login);
  CHECK(fixture.certificates.calls == 2);  // read anew
}

TEST_CASE("Cert renewal: over another leaf nothing is sent, the same key included") {
  Fixture fixture;
  REQUIRE(fixture.Login().has_value());
  core::ClientIdentity& identity = fixture.certificates.identity;
  identity.chain_der = {MakeCertificate({.not_after = 1'701'000'000}, identity.key)};
  const auto skipped = fixture.Renew();
  REQUIRE_FALSE(skipped.has_value());
  CHECK_FALSE(skipped.error().error.has_value());
  CHECK(fixture.auth.renewals == 0);
  // The next login's leaf renews again.
  REQUIRE(fixture.Login().has_value());
  CHECK(fixture.Renew().has_value());
  CHECK(fixture.auth.renewals == 1);
}

TEST_CASE("Cert renewal: a source that fails and an OpenBao that refuses keep their errors") {
  Fixture fixture;
  REQUIRE(fixture.Login().has_value());
  fixture.auth.error = core::OpenBaoFailure(core::OpenBaoStatus::kUnavailable);
  const auto failed = fixture.Renew();
  REQUIRE_FALSE(failed.has_value());
  CHECK(failed.error().error == fixture.auth.error);
  fixture.certificates.failure =
      core::LoginFailure{core::CredentialUnusable(), LoginStatus::kNoUsableSession, {}};
  const auto unread = fixture.Renew();
  REQUIRE_FALSE(unread.has_value());
  CHECK(unread.error().error == core::CredentialUnusable());
  CHECK(fixture.auth.renewals == 1);
}

}  // namespace
}  // namespace baokms::tests
