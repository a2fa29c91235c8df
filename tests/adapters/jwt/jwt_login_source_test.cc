#include "adapters/jwt/jwt_login_source.h"

#include <doctest/doctest.h>

#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "adapters/jwt/jwt_file_source.h"
#include "core/model/login_refusal.h"
#include "tests/adapters/jwt/make_jwt.h"
#include "tests/adapters/jwt/one_file.h"
#include "tests/support/ports/fake_clock.h"

namespace baokms::tests {
namespace {

using adapters::jwt::JwtFileSource;
using adapters::jwt::JwtLoginOptions;
using adapters::jwt::JwtLoginSource;
using core::LoginStatus;
using ports::FileProblem;
using namespace std::chrono_literals;

class FakeAuth final : public ports::OpenBaoAuth {
 public:
  void Login(core::OpenBaoOperation operation, const std::string& mount_path, core::Secret body,
             core::ClientIdentityRef identity, core::MonotonicTime deadline,
             ports::Completion<core::TokenGrant> done) override {
    CHECK(operation == core::OpenBaoOperation::kJwtLogin);
    CHECK(identity == nullptr);
    mount_paths.push_back(mount_path);
    bodies.emplace_back(body.ExposeSecret());
    deadlines.push_back(deadline);
    if (error) {
      done(std::unexpected(*error));
    } else {
      done(core::TokenGrant{.value = core::Secret::Copy("s.t"), .lease = 60s, .renewable = true});
    }
  }
  void RenewSelf(std::shared_ptr<const core::HeldToken> token, std::chrono::seconds increment,
                 core::ClientIdentityRef identity, core::MonotonicTime deadline,
                 ports::Completion<core::TokenGrant> done) override {
    CHECK(token->value.ExposeSecret() == "s.t");
    CHECK(increment == 3600s);
    CHECK(identity == nullptr);
    CHECK(deadline == core::MonotonicTime(9s));
    if (error) {
      done(std::unexpected(*error));
    } else {
      done(core::TokenGrant{.value = core::Secret::Copy("s.t"), .lease = 61s, .renewable = true});
    }
  }
  std::optional<core::Error> error;
  std::vector<std::string> mount_paths;
  std::vector<std::string> bodies;
  std::vector<core::MonotonicTime> deadlines;
};

struct LoginFixture {
  OneFile files{"/creds/jwt", ""};
  FakeAuth auth;
  testing::FakeClock clock{kNow};
  JwtFileSource source{"/creds/jwt", files};
  JwtLoginOptions options{.mount_path = "auth/jwt",
                          .role = "kms",
                          .expected = {.clock_skew_leeway = 30s, .min_remaining_ttl = 120s}};
  std::string jwt = MakeJwt(R"({"exp":1700003600,"aud":"secret-audience"})");
  LoginFixture() { files.content = jwt; }
  core::LoginResult Login() {
    JwtLoginSource login(options, source, auth, clock);
    std::optional<core::LoginResult> result;
    login.Login(core::MonotonicTime(5s), [&](core::LoginResult r) { result = std::move(r); });
    REQUIRE(result.has_value());
    return *std::move(result);
  }
};

TEST_CASE("Login: role and JWT go to the configured mount within the deadline") {
  LoginFixture fixture;
  const auto result = fixture.Login();
  REQUIRE(result.has_value());
  CHECK(result->grant.value.ExposeSecret() == "s.t");
  CHECK(result->credential_expires_at == 1'700'003'600);
  CHECK(fixture.auth.mount_paths == std::vector<std::string>{"auth/jwt"});
  CHECK(fixture.auth.bodies.at(0) == R"({"role":"kms","jwt":")" + fixture.jwt + R"("})");
  CHECK(fixture.auth.deadlines.at(0) == core::MonotonicTime(5s));
}

TEST_CASE("Login: the file is read under its own policy") {
  LoginFixture fixture;
  REQUIRE(fixture.Login().has_value());
  CHECK(fixture.files.policy.forbidden_mode_bits == 0037);
  CHECK(fixture.files.policy.max_bytes == 1024 * 1024);
}

TEST_CASE("Login: the role cannot leave its string") {
  LoginFixture fixture;
  fixture.options.role = "a\"b\\c\nd";
  REQUIRE(fixture.Login().has_value());
  CHECK(fixture.auth.bodies.at(0).starts_with(R"({"role":"a\"b\\c\nd","jwt":")"));
}

TEST_CASE("Login: line ends and blanks behind the JWT are dropped") {
  LoginFixture fixture;
  for (const char* behind : {"", "\n", "\r\n", "\n\n", "\r\n\r\n\n", "\r", " ", " \t\r\n"}) {
    fixture.auth.bodies.clear();
    fixture.files.content = fixture.jwt + behind;
    REQUIRE(fixture.Login().has_value());
    CHECK(fixture.auth.bodies.at(0).ends_with(fixture.jwt + "\"}"));
  }
  fixture.auth.bodies.clear();
  fixture.files.content = "\xef\xbb\xbf" + fixture.jwt;
  CHECK(fixture.Login().error().advice.contains("byte order mark"));
  for (const std::string& content :
       {"\n" + fixture.jwt, " " + fixture.jwt, std::string(), std::string("\n"),
        fixture.jwt + "\n" + fixture.jwt, fixture.jwt + std::string(1, '\0'),
        "\xef\xbb\xbf" + fixture.jwt}) {
    fixture.files.content = content;
    const auto result = fixture.Login();
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().status == LoginStatus::kJwtInvalid);
  }
  CHECK(fixture.auth.bodies.empty());
}

TEST_CASE("Login: the file is read anew each time") {
  LoginFixture fixture;
  JwtLoginSource login(fixture.options, fixture.source, fixture.auth, fixture.clock);
  login.Login({}, [](core::LoginResult) {});
  const std::string renewed = MakeJwt(R"({"exp":1700007200})");
  fixture.files.content = renewed;
  login.Login({}, [](core::LoginResult) {});
  REQUIRE(fixture.auth.bodies.size() == 2);
  CHECK(fixture.auth.bodies[1].contains(renewed));
}

TEST_CASE("Login: a JWT that fails the local checks never leaves the node") {
  LoginFixture fixture;
  const auto status = [&](core::UnixSeconds now) {
    fixture.clock.SetWall(now);
    const auto result = fixture.Login();
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().error == core::CredentialUnusable());
    CHECK(result.error().advice.starts_with("auth.jwt."));
    return result.error().status;
  };
  CHECK(status(kNow + 3600) == LoginStatus::kJwtExpired);
  CHECK(status(kNow + 3500) == LoginStatus::kJwtNearExpiry);
  fixture.options.expected.audiences = {"other"};
  CHECK(status(kNow) == LoginStatus::kJwtInvalid);
  CHECK(fixture.auth.bodies.empty());
}

TEST_CASE("Login: a limited token and a second factor are auth_failed with advice of their own") {
  LoginFixture fixture;
  for (const auto& [error, words] :
       {std::pair{core::TokenUsesLimited(), "set token_num_uses=0"},
        {core::SecondFactorWanted(), "OpenBao wants a second factor for this login"}}) {
    fixture.auth.error = error;
    const auto result = fixture.Login();
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().error == error);
    CHECK(result.error().status == LoginStatus::kAuthFailed);
    CHECK(result.error().advice.contains(words));
    CHECK(result.error().advice.contains("auth.jwt."));
  }
}

TEST_CASE("Login: the advice names the field and never a value") {
  LoginFixture fixture;
  fixture.options.expected.audiences = {"expected-value"};
  const auto audience = fixture.Login();
  REQUIRE_FALSE(audience.has_value());
  CHECK(audience.error().advice.contains("auth.jwt.expectedAudience"));
  CHECK_FALSE(audience.error().advice.contains("expected-value"));
  CHECK_FALSE(audience.error().advice.contains("secret-audience"));
  fixture.options.expected.audiences.clear();
  fixture.options.expected.issuer = "i";
  const auto issuer = fixture.Login();
  REQUIRE_FALSE(issuer.has_value());
  CHECK(issuer.error().advice.contains("auth.jwt.expectedIssuer"));
  fixture.options.expected.issuer.clear();
  fixture.options.expected.subject = "s";
  const auto subject = fixture.Login();
  REQUIRE_FALSE(subject.has_value());
  CHECK(subject.error().advice.contains("auth.jwt.expectedSubject"));
}

TEST_CASE("Login: a file problem is named with its reason and the path is not") {
  for (const FileProblem problem :
       {FileProblem::kNotAbsolute, FileProblem::kMissing, FileProblem::kUnreadable,
        FileProblem::kSymlink, FileProblem::kNotRegular, FileProblem::kUnsafePermissions,
        FileProblem::kChanged, FileProblem::kTooLarge}) {
    LoginFixture fixture;
    fixture.files.problem = problem;
    const auto result = fixture.Login();
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().error == core::CredentialUnusable());
    CHECK(result.error().status == LoginStatus::kJwtInvalid);
    CHECK(result.error().advice.starts_with("auth.jwt.jwtFile"));
    CHECK(result.error().advice.contains(Name(problem)));
    CHECK_FALSE(result.error().advice.contains("/creds"));
    CHECK(fixture.auth.bodies.empty());
  }
}

TEST_CASE("Login: a refusal is auth_failed with advice and another failure keeps its error") {
  LoginFixture fixture;
  fixture.auth.error = core::LoginRefused();
  const auto refused = fixture.Login();
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().status == LoginStatus::kAuthFailed);
  CHECK(refused.error().error == core::LoginRefused());
  CHECK(refused.error().advice.contains("auth.jwt.role"));
  fixture.auth.error = core::OpenBaoFailure(core::OpenBaoStatus::kSealed);
  const auto sealed = fixture.Login();
  REQUIRE_FALSE(sealed.has_value());
  CHECK(sealed.error().status == LoginStatus::kError);
  CHECK(sealed.error().error == core::OpenBaoFailure(core::OpenBaoStatus::kSealed));
}

TEST_CASE("Login: each cause that OpenBao tells has advice of its own") {
  LoginFixture fixture;
  std::set<std::string_view> told;
  for (const core::LoginRefusal why : core::kLoginRefusals) {
    fixture.auth.error = core::LoginRefused(why);
    const auto refused = fixture.Login();
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().status == LoginStatus::kAuthFailed);
    CHECK(refused.error().error == core::LoginRefused(why));
    CHECK(told.insert(refused.error().advice).second);
  }
}

TEST_CASE("Login: the advice for a JWT names the fields of its source") {
  LoginFixture fixture;
  fixture.clock.SetWall(kNow + 3600);
  using Source = core::JwtSource;
  for (const auto& [source, field] : {std::pair{Source::kFile, "auth.jwt.jwtFile"},
                                      {Source::kOauth2, "auth.jwt.oauth2"},
                                      {Source::kSpiffe, "auth.jwt.spiffe"}}) {
    fixture.options.source = source;
    const auto result = fixture.Login();
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().status == LoginStatus::kJwtExpired);
    CHECK(result.error().advice.starts_with(std::string(field) + ": "));
  }
}

TEST_CASE("Renew: the token is renewed and a failure keeps its error") {
  LoginFixture fixture;
  JwtLoginSource login(fixture.options, fixture.source, fixture.auth, fixture.clock);
  const auto renew = [&] {
    std::optional<core::RenewalResult> result;
    login.Renew(std::make_shared<const core::HeldToken>(core::HeldToken{
                    .generation = 1, .value = core::Secret::Copy("s.t"), .expires_at = {}}),
                3600s, core::MonotonicTime(9s),
                [&](core::RenewalResult r) { result = std::move(r); });
    REQUIRE(result.has_value());
    return *std::move(result);
  };
  const auto renewed = renew();
  REQUIRE(renewed.has_value());
  CHECK(renewed->lease == 61s);
  fixture.auth.error = core::OpenBaoFailure(core::OpenBaoStatus::kPermissionDenied);
  const auto refused = renew();
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().error == fixture.auth.error);
}

}  // namespace
}  // namespace baokms::tests
