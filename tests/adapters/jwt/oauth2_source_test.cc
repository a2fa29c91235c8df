#include "adapters/jwt/oauth2_source.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/model/proxy_failure.h"
#include "tests/adapters/jwt/make_jwt.h"
#include "tests/adapters/jwt/one_file.h"
#include "tests/support/ports/fake_clock.h"

namespace baokms::tests {
namespace {

using adapters::jwt::Oauth2Options;
using adapters::jwt::Oauth2Source;
using core::LoginStatus;
using core::OpenBaoStatus;
using namespace std::chrono_literals;

// Answers at once, after `takes` on the clock.
class TokenServer final : public ports::HttpTransport {
 public:
  explicit TokenServer(testing::FakeClock& clock) : clock_(clock) {}
  std::unique_ptr<ports::PendingCall> Send(
      ports::HttpRequest request, ports::CompletionWith<ports::HttpOutcome> done) override {
    requests.push_back(std::move(request));
    clock_.PassOnlyBoot(takes);
    if (error) {
      done({.reply = std::unexpected(*error), .took = takes});
    } else {
      done({.reply = ports::HttpReply{.status = status,
                                      .content_type = content_type,
                                      .body = core::Secret::Copy(body)},
            .took = takes});
    }
    return nullptr;
  }
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::optional<core::Error> error;
  core::Duration takes{};
  std::vector<ports::HttpRequest> requests;

 private:
  testing::FakeClock& clock_;
};

struct Oauth2Fixture {
  testing::FakeClock clock;
  TokenServer server{clock};
  OneFile secret{"/creds/secret", "s3cret\n"};
  Oauth2Options options{.oauth2 = {.token_url = "https://idp.example/token?tenant=1",
                                   .client_id = "kms",
                                   .client_secret_file = "/creds/secret",
                                   .auth_method = core::ClientAuthMethod::kClientSecretBasic,
                                   .scopes = {"kms"},
                                   .audience = {},
                                   .resources = {},
                                   .ca_cert_file = {},
                                   .proxy_url = {}},
                        .min_remaining_ttl = 120s};
  std::string jwt = MakeJwt(R"({"exp":1700003600})");
  Oauth2Fixture() { Grant(R"(,"expires_in":3600)"); }
  void Grant(const std::string& more) {
    server.body = R"({"access_token":")" + jwt + R"(","token_type":"Bearer")" + more + "}";
  }
  ports::JwtResult Fetch() {
    Oauth2Source source(options, server, secret, clock);
    std::optional<ports::JwtResult> result;
    source.Fetch(core::MonotonicTime(5s), [&](ports::JwtResult r) {
      REQUIRE_FALSE(result.has_value());
      result = std::move(r);
    });
    REQUIRE(result.has_value());
    return *std::move(result);
  }
  core::LoginFailure Failure() {
    const auto result = Fetch();
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().advice.starts_with("auth.jwt.oauth2"));
    return result.error();
  }
};

TEST_CASE("OAuth2: the grant is posted to the token endpoint within the deadline") {
  Oauth2Fixture fixture;
  const auto jwt = fixture.Fetch();
  REQUIRE(jwt.has_value());
  CHECK(jwt->ExposeSecret() == fixture.jwt);
  REQUIRE(fixture.server.requests.size() == 1);
  const ports::HttpRequest& request = fixture.server.requests[0];
  CHECK(request.method == ports::HttpMethod::kPost);
  CHECK(request.path == "/token?tenant=1");
  CHECK(request.credential_header.ExposeSecret() == "Authorization: Basic a21zOnMzY3JldA==");
  CHECK(request.body.ExposeSecret() == "grant_type=client_credentials&scope=kms");
  CHECK(request.identity == nullptr);
  CHECK(request.max_reply_bytes == 1024 * 1024);
  CHECK(request.deadline == core::MonotonicTime(5s));
}

TEST_CASE("OAuth2: client_secret_post sends no Authorization") {
  Oauth2Fixture fixture;
  fixture.options.oauth2.auth_method = core::ClientAuthMethod::kClientSecretPost;
  REQUIRE(fixture.Fetch().has_value());
  CHECK(fixture.server.requests.at(0).credential_header.empty());
  CHECK(fixture.server.requests.at(0).body.ExposeSecret() ==
        "grant_type=client_credentials&scope=kms&client_id=kms&client_secret=s3cret");
}

TEST_CASE("OAuth2: the secret is read anew at each grant") {
  Oauth2Fixture fixture;
  fixture.options.oauth2.auth_method = core::ClientAuthMethod::kClientSecretPost;
  REQUIRE(fixture.Fetch().has_value());
  fixture.secret.content = "rotated";
  REQUIRE(fixture.Fetch().has_value());
  CHECK(fixture.server.requests.at(1).body.ExposeSecret().ends_with("&client_secret=rotated"));
}

TEST_CASE("OAuth2: without a usable secret nothing is sent") {
  Oauth2Fixture fixture;
  fixture.secret.content = "a\nb\n";
  const auto content = fixture.Failure();
  CHECK(content.status == LoginStatus::kOauth2Credential);
  CHECK(content.advice.contains("invalid_content"));
  fixture.secret.problem = ports::FileProblem::kMissing;
  const auto missing = fixture.Failure();
  CHECK(missing.status == LoginStatus::kOauth2Credential);
  CHECK(missing.error == core::CredentialUnusable());
  CHECK(missing.advice.contains("file_missing"));
  CHECK(fixture.server.requests.empty());
}

TEST_CASE("OAuth2: a failed transfer is oauth2_request with its own cause and advice") {
  std::vector<std::string_view> advice;
  for (const core::Error& error :
       {core::OpenBaoFailure(OpenBaoStatus::kConnectionFailed),
        core::OpenBaoFailure(OpenBaoStatus::kDnsFailed),
        core::OpenBaoFailure(OpenBaoStatus::kTlsFailed),
        core::OpenBaoFailure(OpenBaoStatus::kUnavailable), core::DeadlineExceeded()}) {
    Oauth2Fixture fixture;
    fixture.server.error = error;
    const auto failure = fixture.Failure();
    CHECK(failure.status == LoginStatus::kOauth2Request);
    CHECK(failure.error == error);
    CHECK(std::ranges::find(advice, failure.advice) == advice.end());
    advice.push_back(failure.advice);
  }
}

TEST_CASE("OAuth2: a failure of the proxy is oauth2_proxy with its own cause and advice") {
  std::set<std::string_view> advice;
  for (const core::ProxyFailure why : core::kProxyFailures) {
    Oauth2Fixture fixture;
    fixture.server.error = core::ProxyFailed(why);
    const auto failure = fixture.Failure();
    CHECK(failure.status == LoginStatus::kOauth2Proxy);
    CHECK(failure.error == core::ProxyFailed(why));
    CHECK(failure.advice.starts_with("auth.jwt.oauth2."));
    advice.insert(failure.advice);
  }
  CHECK(advice.size() == core::kProxyFailures.size());
}

TEST_CASE("OAuth2: 429 and every 5xx are oauth2_unavailable") {
  for (const int status : {429, 500, 502, 503, 504, 599}) {
    Oauth2Fixture fixture;
    fixture.server.status = status;
    const auto failure = fixture.Failure();
    CHECK(failure.status == LoginStatus::kOauth2Unavailable);
    CHECK(failure.error == core::OpenBaoFailure(status == 429 ? OpenBaoStatus::kRateLimited
                                                              : OpenBaoStatus::kUnavailable));
  }
}

TEST_CASE("OAuth2: any other status is oauth2_rejected even with a good token in it") {
  for (const int status : {100, 201, 202, 204, 206, 301, 302, 303, 307, 308, 400,
                           401, 403, 404, 405, 418, 428, 430, 499, 600, 999}) {
    Oauth2Fixture fixture;
    fixture.server.status = status;
    const auto failure = fixture.Failure();
    CHECK_MESSAGE(failure.status == LoginStatus::kOauth2Rejected, status);
    CHECK(failure.error == core::CredentialUnusable());
  }
}

TEST_CASE("OAuth2: the advice for a rejection names the field that the server's word is about") {
  Oauth2Fixture fixture;
  fixture.server.status = 400;
  for (const auto& [word, field] : {std::pair{"invalid_client", "clientId"},
                                    {"unauthorized_client", "clientId"},
                                    {"unsupported_grant_type", "clientId"},
                                    {"invalid_scope", "scopes"},
                                    {"invalid_target", "resources"}}) {
    fixture.server.body =
        R"({"error":")" + std::string(word) + R"(","error_description":"server-text"})";
    const auto failure = fixture.Failure();
    CHECK(failure.advice.starts_with("auth.jwt.oauth2." + std::string(field) + ": "));
    CHECK_FALSE(failure.advice.contains("server-text"));
  }
  fixture.server.body = "server-text";
  CHECK(fixture.Failure().advice.starts_with("auth.jwt.oauth2: "));
  fixture.server.status = 401;
  CHECK(fixture.Failure().advice.starts_with("auth.jwt.oauth2.clientId: "));
  fixture.server.status = 404;
  CHECK(fixture.Failure().advice.starts_with("auth.jwt.oauth2.tokenUrl: "));
  fixture.server.status = 302;
  CHECK(fixture.Failure().advice.contains("sends a redirect"));
}

TEST_CASE("OAuth2: when Basic may not be decoded the advice names client_secret_post") {
  struct Row {
    std::string id, secret;
    bool named;
  };
  for (const Row& row : {Row{"kms", "a-._~Z9", false}, Row{"kms", "p+q/r=", true},
                         Row{"kms", "50%", true}, Row{"kms", "two words", true},
                         Row{"kms:1", "s3cret", true}, Row{"kms", "\xc3\xa4", true}}) {
    CAPTURE(row.secret);
    for (const auto& [status, body] : {std::pair{400, R"({"error":"invalid_client"})"},
                                       {401, R"({"error":"invalid_client"})"},
                                       {401, "server-text"}}) {
      Oauth2Fixture fixture;
      fixture.options.oauth2.client_id = row.id;
      fixture.secret.content = row.secret;
      fixture.server.status = status;
      fixture.server.body = body;
      CHECK(fixture.Failure().advice.contains("client_secret_post") == row.named);
      fixture.options.oauth2.auth_method = core::ClientAuthMethod::kClientSecretPost;
      CHECK_FALSE(fixture.Failure().advice.contains("client_secret_post"));
    }
  }
  Oauth2Fixture fixture;
  fixture.secret.content = "p+q/r=";
  fixture.server.status = 400;
  fixture.server.body = R"({"error":"invalid_scope"})";
  CHECK_FALSE(fixture.Failure().advice.contains("client_secret_post"));
}

TEST_CASE("OAuth2: a 200 that cannot be used is oauth2_response with advice of its own") {
  Oauth2Fixture fixture;
  std::vector<std::string_view> advice;
  const auto refused = [&] {
    const auto failure = fixture.Failure();
    CHECK(failure.status == LoginStatus::kOauth2Response);
    CHECK(std::ranges::find(advice, failure.advice) == advice.end());
    advice.push_back(failure.advice);
    return failure.error;
  };
  fixture.server.body = "<html>";
  CHECK(refused() == core::CredentialUnusable());
  fixture.server.body = R"({"token_type":"Bearer"})";
  CHECK(refused() == core::CredentialUnusable());
  fixture.Grant(R"(,"expires_in":"soon")");
  CHECK(refused() == core::CredentialUnusable());
  fixture.server.body = R"({"token_type":"DPoP","access_token":"YQ.YQ.YQ"})";
  CHECK(refused() == core::CredentialUnusable());
  fixture.server.body = R"({"token_type":"Bearer","access_token":"opaque"})";
  CHECK(refused() == core::CredentialUnusable());
  fixture.server.error = core::OversizeReply();
  CHECK(refused() == core::OversizeReply());
}

TEST_CASE("OAuth2: a reply that is no application/json is refused whatever it holds") {
  Oauth2Fixture fixture;
  for (const auto& [type, words] : {std::pair{"text/html; charset=server-text", "an HTML page"},
                                    {"", "no Content-Type"},
                                    {"server-text", "another Content-Type"},
                                    {"text/plain", "another Content-Type"}}) {
    CAPTURE(type);
    fixture.server.content_type = type;
    const auto failure = fixture.Failure();
    CHECK(failure.status == LoginStatus::kOauth2Response);
    CHECK(failure.error == core::CredentialUnusable());
    CHECK(failure.advice.contains(words));
    CHECK(failure.advice.contains("application/json"));
    CHECK_FALSE(failure.advice.contains("server-text"));
  }
}

TEST_CASE("OAuth2: an expires_in as text, with a fraction or unknown logs in") {
  Oauth2Fixture fixture;
  for (const auto* expires_in :
       {R"(,"expires_in":"3599")", R"(,"expires_in":3599.0)", R"(,"expires_in":3.599e3)",
        R"(,"expires_in":null)", R"(,"expires_in":0)", R"(,"expires_in":"0")", ""}) {
    CAPTURE(expires_in);
    fixture.Grant(expires_in);
    CHECK(fixture.Fetch().has_value());
  }
  fixture.Grant(R"(,"expires_in":"120")");
  CHECK(fixture.Failure().status == LoginStatus::kJwtNearExpiry);
  fixture.Grant(R"(,"expires_in":120.9)");
  CHECK(fixture.Failure().status == LoginStatus::kJwtNearExpiry);
}

TEST_CASE("OAuth2: more than minRemainingTtl of expires_in is left after the request") {
  const auto status = [](const std::string& expires_in, core::Duration takes) {
    Oauth2Fixture fixture;
    fixture.Grant(R"(,"expires_in":)" + expires_in);
    fixture.server.takes = takes;
    const auto result = fixture.Fetch();
    if (result) return LoginStatus::kOk;
    CHECK(result.error().error == core::CredentialUnusable());
    CHECK(result.error().advice.contains("auth.jwt.minRemainingTtl"));
    return result.error().status;
  };
  CHECK(status("121", 0s) == LoginStatus::kOk);
  CHECK(status("120", 0s) == LoginStatus::kJwtNearExpiry);
  CHECK(status("1", 0s) == LoginStatus::kJwtNearExpiry);
  CHECK(status("121", 1s - 1ns) == LoginStatus::kOk);
  CHECK(status("121", 1s) == LoginStatus::kJwtNearExpiry);
  CHECK(status("130", 9s + 999ms) == LoginStatus::kOk);
  CHECK(status("130", 10s) == LoginStatus::kJwtNearExpiry);
  CHECK(status("9223372036854775807", 10s) == LoginStatus::kOk);
}

TEST_CASE("OAuth2: without expires_in the exp of the token alone counts") {
  Oauth2Fixture fixture;
  fixture.Grant("");
  fixture.server.takes = 3h;
  CHECK(fixture.Fetch().has_value());
}

}  // namespace
}  // namespace baokms::tests
