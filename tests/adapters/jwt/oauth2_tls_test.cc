// Source oauth2 over the real transport, against token endpoints that misbehave.
#include <doctest/doctest.h>

#include <array>
#include <future>
#include <optional>
#include <string>

#include "adapters/jwt/jwt_login_source.h"
#include "adapters/jwt/oauth2_source.h"
#include "adapters/jwt/token_request.h"
#include "core/model/tls_failure.h"
#include "tests/adapters/jwt/make_jwt.h"
#include "tests/adapters/transit_http/transport_fixture.h"

namespace baokms::tests {
namespace {

using adapters::jwt::Oauth2Source;
using core::LoginStatus;

struct Endpoint : TransportFixture {
  Endpoint() {
    options.headers = adapters::jwt::TokenRequestHeaders();
    oauth2.client_id = "kms";
    oauth2.client_secret_file = scratch.Write("secret", "canary-secret-8d21\n");
  }
  // The source's answer from a server at `url`; `budget` as auth.loginTimeout.
  ports::JwtResult Fetch(const std::string& url, core::Duration budget = 5s) {
    oauth2.token_url = url + "/token";
    Start({url});
    Oauth2Source source({.oauth2 = oauth2, .min_remaining_ttl = 120s}, *transport, files, clock);
    std::promise<ports::JwtResult> promise;
    auto future = promise.get_future();
    source.Fetch(In(budget),
                 [&](ports::JwtResult result) { promise.set_value(std::move(result)); });
    REQUIRE(future.wait_for(20s) == std::future_status::ready);
    return future.get();
  }
  ports::JwtResult FetchFrom(ScriptedTlsServer::Script script, core::Duration budget = 5s) {
    ScriptedTlsServer server(identity, std::move(script));
    auto result = Fetch(server.Url(), budget);
    requests = server.requests();
    return result;
  }
  static LoginStatus StatusOf(const ports::JwtResult& result) {
    return result ? LoginStatus::kOk : result.error().status;
  }

  core::Oauth2Configuration oauth2;
  std::vector<SeenRequest> requests;
};

std::string Granted(const std::string& jwt) {
  return R"({"access_token":")" + jwt + R"(","token_type":"Bearer","expires_in":3600})";
}

TEST_CASE("OAuth2 over TLS: a grant goes out as RFC 6749 writes it") {
  Endpoint endpoint;
  const std::string jwt = MakeJwt("{}");
  const auto result = endpoint.FetchFrom(Always(HttpReplyText(200, Granted(jwt))));
  REQUIRE(result.has_value());
  CHECK(result->ExposeSecret() == jwt);
  REQUIRE(endpoint.requests.size() == 1);
  const SeenRequest& seen = endpoint.requests[0];
  CHECK(seen.head.starts_with("POST /token HTTP/1.1\r\n"));
  CHECK(seen.head.contains("\r\nContent-Type: application/x-www-form-urlencoded\r\n"));
  CHECK(seen.head.contains("\r\nAccept: application/json\r\n"));
  CHECK(seen.head.contains("\r\nAuthorization: Basic a21zOmNhbmFyeS1zZWNyZXQtOGQyMQ==\r\n"));
  CHECK_FALSE(seen.head.contains("Vault"));
  CHECK_FALSE(seen.head.contains("Cookie"));
  CHECK_FALSE(seen.head.contains("Expect"));
  CHECK(seen.body == "grant_type=client_credentials");
}

TEST_CASE("OAuth2 over TLS: a redirect is refused and its target never asked") {
  Endpoint endpoint;
  ScriptedTlsServer target(endpoint.identity, Always(HttpReplyText(200, Granted(MakeJwt("{}")))));
  for (const int status : {301, 302, 303, 307, 308}) {
    const auto result = endpoint.FetchFrom(Always("HTTP/1.1 " + std::to_string(status) +
                                                  " X\r\nLocation: " + target.Url() +
                                                  "/token\r\nContent-Length: 0\r\n\r\n"));
    CHECK(Endpoint::StatusOf(result) == LoginStatus::kOauth2Rejected);
  }
  CHECK(target.connections() == 0);
}

TEST_CASE("OAuth2 over TLS: a body over 1 MiB is a bad response and one of 1 MiB is not") {
  Endpoint endpoint;
  const std::string granted = Granted(MakeJwt("{}"));
  const auto of_size = [&](std::size_t size, int status = 200) {
    return Endpoint::StatusOf(endpoint.FetchFrom(
        Always(HttpReplyText(status, granted + std::string(size - granted.size(), ' ')))));
  };
  CHECK(of_size(1024 * 1024) == LoginStatus::kOk);
  CHECK(of_size(1024 * 1024 + 1) == LoginStatus::kOauth2Response);
  CHECK(of_size(1024 * 1024, 400) == LoginStatus::kOauth2Rejected);
}

TEST_CASE("OAuth2 over TLS: endless headers and an endless body end at their bounds") {
  Endpoint endpoint;
  const auto endless = [](std::string start, std::string part) {
    return [start = std::move(start), part = std::move(part)](const SeenRequest&, Wire& wire) {
      wire.Write(start);
      while (wire.Write(part)) {
      }
    };
  };
  CHECK(Endpoint::StatusOf(endpoint.FetchFrom(
            endless("HTTP/1.1 200 X\r\n", "X-Filler: " + std::string(1000, 'x') + "\r\n"))) ==
        LoginStatus::kOauth2Response);
  CHECK(Endpoint::StatusOf(
            endpoint.FetchFrom(endless("HTTP/1.1 200 X\r\nContent-Type: application/json\r\n\r\n{",
                                       std::string(10000, ' ')))) == LoginStatus::kOauth2Response);
}

TEST_CASE("OAuth2 over TLS: HTML and a wrong type and a cut reply are never believed") {
  Endpoint endpoint;
  const std::string granted = Granted(MakeJwt("{}"));
  const auto typed = [&](const std::string& type, const std::string& body) {
    return Endpoint::StatusOf(endpoint.FetchFrom(
        Always("HTTP/1.1 200 X\r\n" + type + "Content-Length: " + std::to_string(body.size()) +
               "\r\n\r\n" + body)));
  };
  CHECK(typed("Content-Type: text/html\r\n", "<html>login</html>") == LoginStatus::kOauth2Response);
  CHECK(typed("Content-Type: text/plain\r\n", granted) == LoginStatus::kOauth2Response);
  CHECK(typed("", granted) == LoginStatus::kOauth2Response);
  CHECK(typed("Content-Type: application/json;charset=UTF-8\r\n", granted) == LoginStatus::kOk);
  // Cut by the peer: announced as longer than it is, and cut within the JSON.
  CHECK(Endpoint::StatusOf(endpoint.FetchFrom([&](const SeenRequest&, Wire& wire) {
          wire.Write(
              "HTTP/1.1 200 X\r\nContent-Type: application/json\r\nContent-Length: 9999"
              "\r\n\r\n" +
              granted);
          wire.Close();
        })) == LoginStatus::kOauth2Request);
  CHECK(typed("Content-Type: application/json\r\n", granted.substr(0, granted.size() - 1)) ==
        LoginStatus::kOauth2Response);
}

TEST_CASE("OAuth2 over TLS: 429 with Retry-After and 503 are unavailable and asked once") {
  Endpoint endpoint;
  for (const int status : {429, 503}) {
    const auto result =
        endpoint.FetchFrom(Always("HTTP/1.1 " + std::to_string(status) +
                                  " X\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n"));
    CHECK(Endpoint::StatusOf(result) == LoginStatus::kOauth2Unavailable);
    CHECK(endpoint.requests.size() == 1);
  }
}

TEST_CASE("OAuth2 over TLS: a server that drips or says nothing is left at the deadline") {
  Endpoint endpoint;
  const auto started = std::chrono::steady_clock::now();
  const auto dripped = endpoint.FetchFrom(
      [](const SeenRequest&, Wire& wire) {
        wire.Write("HTTP/1.1 200 X\r\nContent-Type: application/json\r\n\r\n");
        while (wire.Write(" ") && wire.Sleep(20ms)) {
        }
      },
      300ms);
  CHECK(Endpoint::StatusOf(dripped) == LoginStatus::kOauth2Request);
  REQUIRE_FALSE(dripped.has_value());
  CHECK(dripped.error().error == core::DeadlineExceeded());
  const auto silent =
      endpoint.FetchFrom([](const SeenRequest&, Wire& wire) { wire.HangUntilStopped(); }, 300ms);
  CHECK(Endpoint::StatusOf(silent) == LoginStatus::kOauth2Request);
  CHECK(std::chrono::steady_clock::now() - started < 3s);
}

TEST_CASE("OAuth2 over TLS: a wrong authority and a wrong name never see the secret") {
  Endpoint endpoint;
  const Identity other = MakeAuthority("other authority");
  const std::array served{IssueServer(other, {"IP:127.0.0.1"}),
                          IssueServer(endpoint.authority, {"DNS:other"})};
  for (const Identity& identity : served) {
    ScriptedTlsServer server(identity, Always(HttpReplyText(200, Granted(MakeJwt("{}")))));
    const auto result = endpoint.Fetch(server.Url());
    CHECK(Endpoint::StatusOf(result) == LoginStatus::kOauth2Request);
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().error == core::TlsFailed(&identity == served.data()
                                                      ? core::TlsFailure::kUnknownAuthority
                                                      : core::TlsFailure::kWrongName));
    CHECK(result.error().advice.starts_with("auth.jwt.oauth2.caCertFile"));
    CHECK(server.requests().empty());
  }
}

TEST_CASE("OAuth2 over TLS: nobody listening is a failed connection") {
  Endpoint endpoint;
  std::string url;
  {
    ScriptedTlsServer gone(endpoint.identity, Always(""));
    url = gone.Url();
  }
  const auto result = endpoint.Fetch(url);
  CHECK(Endpoint::StatusOf(result) == LoginStatus::kOauth2Request);
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().error == core::OpenBaoFailure(core::OpenBaoStatus::kConnectionFailed));
}

}  // namespace
}  // namespace baokms::tests
