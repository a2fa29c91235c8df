// The clients over a transport that answers what the test says.
#include <doctest/doctest.h>

#include <deque>

#include "adapters/transit_http/openbao/openbao_auth_client.h"
#include "adapters/transit_http/openbao/openbao_transit_client.h"
#include "core/model/login_refusal.h"
#include "tests/adapters/transit_http/transport_fixture.h"

namespace baokms::tests {
namespace {

using adapters::transit_http::OpenBaoAuthClient;
using adapters::transit_http::OpenBaoTransitClient;
using core::OpenBaoOperation;
using core::OpenBaoStatus;

// Completes on the caller's thread: no test here depends on threads.
class FakeHttpTransport final : public ports::HttpTransport {
 public:
  std::unique_ptr<ports::PendingCall> Send(
      ports::HttpRequest request, ports::CompletionWith<ports::HttpOutcome> done) override {
    requests.push_back(std::move(request));
    core::Result<ports::HttpReply> reply = std::move(replies.front());
    replies.pop_front();
    done({.reply = std::move(reply), .took = took});
    return nullptr;
  }
  void Answer(int status, std::string_view body) {
    replies.emplace_back(ports::HttpReply{
        .status = status, .content_type = "application/json", .body = core::Secret::Copy(body)});
  }
  void Fail(core::Error error) { replies.emplace_back(std::unexpected(error)); }

  std::optional<core::Duration> took = 7ms;
  std::vector<ports::HttpRequest> requests;
  std::deque<core::Result<ports::HttpReply>> replies;
};

struct Clients {
  FakeHttpTransport transport;
  WireTelemetry telemetry;
  OpenBaoTransitClient transit{{.mount_path = "team/transit", .key_name = "k1"},
                               {transport, telemetry}};
  OpenBaoAuthClient auth{{transport, telemetry}};
  ports::TokenRef token = std::make_shared<const core::HeldToken>(
      core::HeldToken{.generation = 1, .value = core::Secret::Copy("s.held"), .expires_at = {}});
  core::MonotonicTime deadline{core::Duration(123)};

  ports::TransitEncryptRequest EncryptCall() const {
    return {.plaintext = core::Secret::Copy("p"),
            .version = *core::TransitKeyVersion::FromNumber(2),
            .aad = std::make_shared<const core::Aad>(core::Aad::FromCanonicalJson("{}"))};
  }
  core::Result<core::Ciphertext> Encrypt() {
    core::Result<core::Ciphertext> result = std::unexpected(core::Cancelled());
    transit.Encrypt(token, EncryptCall(), deadline, [&](auto r) { result = std::move(r); });
    return result;
  }
  core::Result<core::TokenGrant> Login(OpenBaoOperation operation = OpenBaoOperation::kJwtLogin) {
    core::Result<core::TokenGrant> result = std::unexpected(core::Cancelled());
    auth.Login(operation, "auth/jwt", core::Secret::Copy("{}"), nullptr, deadline,
               [&](auto r) { result = std::move(r); });
    return result;
  }
  core::Result<core::TokenGrant> Renew() {
    core::Result<core::TokenGrant> result = std::unexpected(core::Cancelled());
    auth.RenewSelf(token, std::chrono::hours(1), nullptr, deadline,
                   [&](auto r) { result = std::move(r); });
    return result;
  }
};

constexpr std::string_view kGoodAuth =
    R"({"request_id":"id-1","auth":{"client_token":"s.t","lease_duration":60,"renewable":true}})";

TEST_CASE("Encrypt: the configured key is asked under the caller's token and deadline") {
  Clients clients;
  clients.transport.Answer(200, R"({"request_id":"id-9","data":{"ciphertext":"vault:v2:QQ==",)"
                                R"("key_version":2}})");
  const auto result = clients.Encrypt();
  REQUIRE(result.has_value());
  CHECK(result->bytes() == "vault:v2:QQ==");
  const ports::HttpRequest& request = clients.transport.requests.at(0);
  CHECK(request.method == ports::HttpMethod::kPost);
  CHECK(request.path == "/v1/team/transit/encrypt/k1");
  CHECK(request.body.ExposeSecret().contains(R"("key_version":2)"));
  CHECK(request.credential_header.ExposeSecret() == "X-Vault-Token: s.held");
  CHECK(request.deadline == clients.deadline);
  CHECK(request.max_reply_bytes == 256 * 1024);
  CHECK(request.max_error_bytes == 64 * 1024);
  const auto events = clients.telemetry.wire();
  REQUIRE(events.size() == 1);
  CHECK(events[0].operation == OpenBaoOperation::kTransitEncrypt);
  CHECK(events[0].status == OpenBaoStatus::kOk);
  CHECK(events[0].request_id == "id-9");
  CHECK(events[0].duration == 7ms);
  CHECK(request.lane == core::Lane::kEncrypt);
  CHECK((request.judge == adapters::transit_http::JudgeReply));
}

TEST_CASE("Every call: telemetry hears its operation and how it ended") {
  struct Ending {
    int http_status;
    std::string_view body;
    OpenBaoStatus status;
  };
  for (const Ending& ending :
       {Ending{400, R"({"errors":["x"]})", OpenBaoStatus::kInvalidRequest},
        Ending{400, R"({"errors":["encryption key not found"]})", OpenBaoStatus::kNotFound},
        Ending{400, "message authentication failed", OpenBaoStatus::kDecryptFailed},
        Ending{403, R"({"errors":["x"]})", OpenBaoStatus::kPermissionDenied},
        Ending{503, "is sealed", OpenBaoStatus::kSealed},
        Ending{503, "", OpenBaoStatus::kUnavailable},
        Ending{418, "{\"errors\":[]}", OpenBaoStatus::kUnknown},
        Ending{204, "", OpenBaoStatus::kUnavailable},
        Ending{200, "{", OpenBaoStatus::kUnavailable}}) {
    CAPTURE(ending.http_status);
    Clients clients;
    clients.transport.Answer(ending.http_status, ending.body);
    const auto result = clients.Encrypt();
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error() == core::OpenBaoFailure(ending.status));
    REQUIRE(clients.telemetry.wire().size() == 1);
    CHECK(clients.telemetry.wire()[0].status == ending.status);
  }
}

TEST_CASE("Every call: a refusal that is not OpenBao's says nothing about the token or the key") {
  for (const int http_status : {400, 401, 403, 404, 405, 413}) {
    for (const bool login : {false, true}) {
      Clients clients;
      clients.transport.Answer(http_status, "<html>no</html>");
      const core::Error error = login ? clients.Login().error() : clients.Encrypt().error();
      CHECK(error == core::ForeignReply());
      CHECK(clients.telemetry.wire().at(0).status == OpenBaoStatus::kUnavailable);
    }
  }
}

TEST_CASE(
    "Every call: a redirect says whether a standby or something in front of OpenBao answered") {
  for (const bool login : {false, true}) {
    for (const int http_status : {301, 302, 303, 307, 308}) {
      CAPTURE(http_status);
      Clients clients;
      clients.transport.Answer(http_status, "");
      const core::Error error = login ? clients.Login().error() : clients.Encrypt().error();
      CHECK(error == (http_status >= 307 ? core::StandbyRedirect() : core::ForeignRedirect()));
      CHECK(error.error_class() == core::ErrorClass::kUnknown);
      CHECK(clients.telemetry.wire().at(0).status == OpenBaoStatus::kUnknown);
    }
  }
}

TEST_CASE(
    "Login: a certificate that did not arrive and a method without a login have their names") {
  for (const char* text : {"client certificate must be supplied", "no client certificate found",
                           "tls connection required"}) {
    Clients clients;
    clients.transport.Answer(400, std::string(R"({"errors":[")") + text + R"("]})");
    CHECK(clients.Login().error() == core::LoginCertificateMissing());
  }
  Clients clients;
  clients.transport.Answer(405, R"({"errors":["unsupported operation"]})");
  CHECK(clients.Login().error() == core::OpenBaoFailure(OpenBaoStatus::kNotFound));
}

TEST_CASE("Transit: a request may present what its token's login presented") {
  Clients clients;
  clients.transport.Answer(400, "");
  clients.transport.Answer(400, "");
  (void)clients.Encrypt();
  CHECK(clients.transport.requests.at(0).identity == nullptr);
  CHECK(clients.transport.requests.at(0).identity_if_wanted == nullptr);
  clients.token = std::make_shared<const core::HeldToken>(
      core::HeldToken{.generation = 2,
                      .value = core::Secret::Copy("s.held"),
                      .expires_at = {},
                      .presented = std::make_shared<const core::ClientIdentity>()});
  (void)clients.Encrypt();
  CHECK(clients.transport.requests.at(1).identity == nullptr);
  CHECK(clients.transport.requests.at(1).identity_if_wanted == clients.token->presented);
}

TEST_CASE("Every call: what never left is no request and each further attempt is one") {
  Clients clients;
  clients.transport.took = std::nullopt;
  clients.transport.Fail(core::ConcurrencyLimit());
  CHECK(clients.Encrypt().error() == core::ConcurrencyLimit());
  CHECK(clients.telemetry.wire().empty());
  clients.transport.requests.at(0).superseded(
      {.reply = ports::HttpReply{.status = 503, .content_type = {}, .body = {}}, .took = 3ms});
  clients.transport.requests.at(0).superseded(
      {.reply = std::unexpected(core::OpenBaoFailure(OpenBaoStatus::kTlsFailed)), .took = 4ms});
  const auto events = clients.telemetry.wire();
  REQUIRE(events.size() == 2);
  CHECK(events[0].operation == OpenBaoOperation::kTransitEncrypt);
  CHECK(events[0].status == OpenBaoStatus::kUnavailable);
  CHECK(events[0].duration == 3ms);
  CHECK(events[1].status == OpenBaoStatus::kTlsFailed);
}

TEST_CASE("Every call: a reply that contradicts the request counts as unknown") {
  Clients clients;
  clients.transport.Answer(200, R"({"data":{"ciphertext":"vault:v3:QQ==","key_version":3}})");
  const auto result = clients.Encrypt();
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error() == core::InvalidOpenBaoReply());
  CHECK(clients.telemetry.wire().at(0).status == OpenBaoStatus::kUnknown);
}

TEST_CASE("Every call: a transport failure keeps its cause") {
  for (const auto& [error, status] : std::vector<std::pair<core::Error, OpenBaoStatus>>{
           {core::DeadlineExceeded(), OpenBaoStatus::kTimeout},
           {core::ShuttingDown(), OpenBaoStatus::kCanceled},
           {core::Cancelled(), OpenBaoStatus::kCanceled},
           {core::OpenBaoFailure(OpenBaoStatus::kTlsFailed), OpenBaoStatus::kTlsFailed}}) {
    Clients clients;
    clients.transport.Fail(error);
    const auto result = clients.Encrypt();
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error() == error);
    CHECK(clients.telemetry.wire().at(0).status == status);
  }
}

TEST_CASE("Decrypt: the plaintext comes back") {
  Clients clients;
  clients.transport.Answer(200, R"({"data":{"plaintext":"aGVsbG8="}})");
  std::string plaintext;
  clients.transit.Decrypt(
      clients.token,
      {.ciphertext = core::Ciphertext("vault:v2:QQ=="), .aad = clients.EncryptCall().aad},
      clients.deadline, [&](core::Result<core::Secret> result) {
        REQUIRE(result.has_value());
        plaintext = result->ExposeSecret();
      });
  CHECK(plaintext == "hello");
  CHECK(clients.transport.requests.at(0).path == "/v1/team/transit/decrypt/k1");
  CHECK(clients.telemetry.wire().at(0).operation == OpenBaoOperation::kTransitDecrypt);
  CHECK(clients.transport.requests.at(0).lane == core::Lane::kDecrypt);
}

TEST_CASE("Probes: what is sent for one never waits for callers' requests") {
  Clients clients;
  ports::TransitEncryptRequest request = clients.EncryptCall();
  request.lane = core::Lane::kProbe;
  clients.transport.Fail(core::DeadlineExceeded());
  clients.transit.Encrypt(clients.token, std::move(request), clients.deadline, [](auto) {});
  clients.transport.Fail(core::DeadlineExceeded());
  clients.transit.ReadKeyMetadata(clients.token, clients.deadline, [](auto) {});
  clients.transport.Fail(core::DeadlineExceeded());
  CHECK_FALSE(clients.Login().has_value());
  for (const auto& sent : clients.transport.requests) CHECK(sent.lane == core::Lane::kProbe);
}

TEST_CASE("Reads: paths and bounds and operations") {
  Clients clients;
  clients.transport.Answer(404, R"({"errors":[]})");
  clients.transit.ReadKeyMetadata(clients.token, clients.deadline, [](auto result) {
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error() == core::OpenBaoFailure(OpenBaoStatus::kNotFound));
  });
  clients.transport.Answer(200, R"({"data":{"disable_upsert":true}})");
  clients.transit.ReadDisableUpsert(clients.token, clients.deadline,
                                    [](auto result) { CHECK(result == true); });
  clients.transport.Answer(200, R"({"data":{"x":["read"]}})");
  clients.transit.ReadCapabilities(clients.token, {"x"}, clients.deadline, [](auto result) {
    REQUIRE(result.has_value());
    CHECK(result->at("x") == std::vector<std::string>{"read"});
  });
  const auto& requests = clients.transport.requests;
  CHECK(requests.at(0).path == "/v1/team/transit/keys/k1");
  CHECK(requests.at(0).method == ports::HttpMethod::kGet);
  CHECK(requests.at(0).max_reply_bytes == 4 * 1024 * 1024);
  CHECK(requests.at(0).max_error_bytes == 4 * 1024 * 1024);
  CHECK(requests.at(1).path == "/v1/team/transit/config/keys");
  CHECK(requests.at(2).path == "/v1/sys/capabilities-self");
  CHECK(requests.at(2).body.ExposeSecret() == R"({"paths":["x"]})");
  const auto events = clients.telemetry.wire();
  CHECK(events.at(0).operation == OpenBaoOperation::kTransitMetadataRead);
  CHECK(events.at(1).operation == OpenBaoOperation::kTransitDisableUpsertRead);
  CHECK(events.at(2).operation == OpenBaoOperation::kCapabilitiesSelf);
}

TEST_CASE("Login: the token of the auth object is granted and none is sent") {
  Clients clients;
  clients.transport.Answer(200, kGoodAuth);
  const auto result = clients.Login();
  REQUIRE(result.has_value());
  CHECK(result->value.ExposeSecret() == "s.t");
  const ports::HttpRequest& request = clients.transport.requests.at(0);
  CHECK(request.path == "/v1/auth/jwt/login");
  CHECK(request.credential_header.empty());
  CHECK(clients.telemetry.wire().at(0).operation == OpenBaoOperation::kJwtLogin);
  CHECK(clients.telemetry.wire().at(0).request_id == "id-1");
}

TEST_CASE("Login: refusals are one error and other failures keep their own row") {
  struct Ending {
    int http_status;
    std::string_view body;
    core::Error error;
    OpenBaoStatus counted;
  };
  for (const Ending& ending :
       {Ending{400, R"({"errors":["invalid audience"]})", core::LoginRefused(),
               OpenBaoStatus::kInvalidRequest},
        Ending{403, R"({"errors":["permission denied"]})",
               core::LoginRefused(core::LoginRefusal::kDenied),
               OpenBaoStatus::kPermissionDenied},
        Ending{500, "missing name in alias", core::LoginRefused(), OpenBaoStatus::kUnavailable},
        Ending{500, "other", core::OpenBaoFailure(OpenBaoStatus::kUnavailable),
               OpenBaoStatus::kUnavailable},
        Ending{400, "Vault is sealed", core::OpenBaoFailure(OpenBaoStatus::kSealed),
               OpenBaoStatus::kSealed},
        Ending{503, "Vault is sealed", core::OpenBaoFailure(OpenBaoStatus::kSealed),
               OpenBaoStatus::kSealed},
        Ending{429, "", core::OpenBaoFailure(OpenBaoStatus::kRateLimited),
               OpenBaoStatus::kRateLimited},
        Ending{401, R"({"errors":["x"]})", core::OpenBaoFailure(OpenBaoStatus::kUnauthenticated),
               OpenBaoStatus::kUnauthenticated},
        Ending{204, "", core::OpenBaoFailure(OpenBaoStatus::kUnavailable),
               OpenBaoStatus::kUnavailable},
        Ending{200, R"({"auth":null})", core::OpenBaoFailure(OpenBaoStatus::kUnavailable),
               OpenBaoStatus::kUnavailable},
        Ending{200,
               R"({"auth":{"client_token":"s.t","lease_duration":60,"renewable":true,)"
               R"("num_uses":100}})",
               core::TokenUsesLimited(), OpenBaoStatus::kUnknown},
        Ending{200,
               R"({"auth":{"client_token":"","lease_duration":0,"renewable":false,)"
               R"("mfa_requirement":{}}})",
               core::SecondFactorWanted(), OpenBaoStatus::kUnauthenticated}}) {
    CAPTURE(ending.http_status);
    CAPTURE(ending.body);
    Clients clients;
    clients.transport.Answer(ending.http_status, ending.body);
    const auto result = clients.Login(OpenBaoOperation::kCertLogin);
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error() == ending.error);
    CHECK(clients.telemetry.wire().at(0).operation == OpenBaoOperation::kCertLogin);
    CHECK(clients.telemetry.wire().at(0).status == ending.counted);
  }
}

TEST_CASE("Renewal: the held token is sent with the increment") {
  Clients clients;
  clients.transport.Answer(200, kGoodAuth);
  REQUIRE(clients.Renew().has_value());
  const ports::HttpRequest& request = clients.transport.requests.at(0);
  CHECK(request.path == "/v1/auth/token/renew-self");
  CHECK(request.credential_header.ExposeSecret() == "X-Vault-Token: s.held");
  CHECK(request.body.ExposeSecret() == R"({"increment":3600})");
  CHECK(clients.telemetry.wire().at(0).operation == OpenBaoOperation::kTokenRenewSelf);
}

TEST_CASE("Renewal: a 204 is unavailable and a 403 is no refused login") {
  Clients clients;
  clients.transport.Answer(204, "");
  const auto empty = clients.Renew();
  REQUIRE_FALSE(empty.has_value());
  CHECK(empty.error() == core::OpenBaoFailure(OpenBaoStatus::kUnavailable));
  clients.transport.Answer(403, R"({"errors":["permission denied"]})");
  const auto denied = clients.Renew();
  REQUIRE_FALSE(denied.has_value());
  CHECK(denied.error() == core::OpenBaoFailure(OpenBaoStatus::kPermissionDenied));
}

}  // namespace
}  // namespace baokms::tests
