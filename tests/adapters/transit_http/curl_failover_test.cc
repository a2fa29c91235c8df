// openbao.failoverAddresses (configuration-and-cli.md).
#include <doctest/doctest.h>

#include "tests/adapters/transit_http/transport_fixture.h"

namespace baokms::tests {
namespace {

using core::OpenBaoStatus;

std::string RefusedUrl(const TransportFixture& fixture) {
  ScriptedTlsServer gone(fixture.identity, Ok());
  return gone.Url();
}

TEST_CASE("Failover: the next address answers after a refused connection and keeps the calls") {
  TransportFixture fixture;
  ScriptedTlsServer second(fixture.identity, Ok());
  fixture.Start({RefusedUrl(fixture), second.Url()});
  for (int i = 0; i < 3; ++i) REQUIRE(fixture.Call(fixture.Post("{}")).has_value());
  CHECK(second.requests().size() == 3);
  CHECK(second.connections() == 1);
  CHECK(fixture.telemetry.failovers == 1);
}

TEST_CASE("Failover: a hanging connect leaves time for the next address within the budget") {
  TransportFixture fixture;
  const SilentListener silent(/*full=*/true);
  ScriptedTlsServer second(fixture.identity, Ok());
  fixture.Start({silent.Url(), second.Url()});
  const auto started = std::chrono::steady_clock::now();
  REQUIRE(fixture.Call(fixture.Get(900ms)).has_value());
  CHECK(std::chrono::steady_clock::now() - started < 600ms);
}

TEST_CASE("Failover: a TLS failure moves on") {
  TransportFixture fixture;
  ScriptedTlsServer wrong(IssueServer(MakeAuthority("other"), {"IP:127.0.0.1"}), Ok());
  ScriptedTlsServer second(fixture.identity, Ok());
  fixture.Start({wrong.Url(), second.Url()});
  REQUIRE(fixture.Call(fixture.Get()).has_value());
  CHECK(wrong.requests().empty());
  CHECK(fixture.telemetry.failovers == 1);
}

TEST_CASE("Failover: sealed and redirecting and inactive nodes give way to the next") {
  for (const auto& [status, body] :
       std::vector<std::pair<int, std::string>>{{503, R"({"errors":["Vault is sealed"]})"},
                                                {500, R"({"errors":["X IS Sealed"]})"},
                                                {307, ""},
                                                {301, ""},
                                                {503, R"({"errors":["node is not active"]})"},
                                                {502, "bad gateway"},
                                                {504, ""},
                                                {500, R"({"errors":["local node not active but)"
                                                      R"( active cluster node not found"]})"}}) {
    CAPTURE(status);
    CAPTURE(body);
    TransportFixture fixture;
    ScriptedTlsServer first(fixture.identity, Always(HttpReplyText(status, body)));
    ScriptedTlsServer second(fixture.identity, Ok());
    fixture.Start({first.Url(), second.Url()});
    const auto reply = fixture.Call(fixture.Post(R"({"sent":"twice"})"));
    REQUIRE(reply.has_value());
    CHECK(reply->status == 200);
    REQUIRE(second.requests().size() == 1);
    CHECK(second.requests()[0].body == R"({"sent":"twice"})");
    CHECK(fixture.telemetry.failovers == 1);
  }
}

TEST_CASE("Failover: the active node's own answers stay") {
  for (const int status : {200, 400, 403, 404, 429, 500}) {
    CAPTURE(status);
    TransportFixture fixture;
    ScriptedTlsServer first(fixture.identity,
                            Always(HttpReplyText(status, R"({"errors":["internal error"]})")));
    ScriptedTlsServer second(fixture.identity, Ok());
    fixture.Start({first.Url(), second.Url()});
    const auto reply = fixture.Call(fixture.Get());
    REQUIRE(reply.has_value());
    CHECK(reply->status == status);
    CHECK(second.connections() == 0);
    CHECK(fixture.telemetry.failovers == 0);
  }
}

TEST_CASE("Failover: a cut reply is the first node's failure and stays") {
  TransportFixture fixture;
  ScriptedTlsServer first(fixture.identity, [](const SeenRequest&, Wire& wire) {
    wire.Write("HTTP/1.1 200 X\r\nContent-Length: 10\r\n\r\n{}");
    wire.Close();
  });
  ScriptedTlsServer second(fixture.identity, Ok());
  fixture.Start({first.Url(), second.Url()});
  CHECK(TransportFixture::StatusOf(fixture.Call(fixture.Get())) == OpenBaoStatus::kUnavailable);
  CHECK(second.connections() == 0);
}

TEST_CASE("Failover: when all fail a node's reply counts more than a failed connection") {
  TransportFixture fixture;
  ScriptedTlsServer sealed(fixture.identity,
                           Always(HttpReplyText(503, R"({"errors":["Vault is sealed"]})")));
  const std::string refused = RefusedUrl(fixture);
  for (const auto& urls :
       {std::vector{sealed.Url(), refused}, std::vector{refused, sealed.Url()}}) {
    fixture.Start(urls);
    const auto reply = fixture.Call(fixture.Get());
    REQUIRE(reply.has_value());
    CHECK(reply->status == 503);
    CHECK(reply->body.ExposeSecret().contains("is sealed"));
  }
  CHECK(fixture.telemetry.failovers == 0);
}

TEST_CASE("Failover: every address is asked at most once a call") {
  TransportFixture fixture;
  ScriptedTlsServer one(fixture.identity, Always(HttpReplyText(503, "")));
  ScriptedTlsServer two(fixture.identity, Always(HttpReplyText(503, "")));
  ScriptedTlsServer three(fixture.identity, Always(HttpReplyText(503, "")));
  fixture.Start({one.Url(), two.Url(), three.Url()});
  REQUIRE(fixture.Call(fixture.Get()).has_value());
  CHECK(one.requests().size() == 1);
  CHECK(two.requests().size() == 1);
  CHECK(three.requests().size() == 1);
}

TEST_CASE("Failover: there is no way back until the address in use fails") {
  TransportFixture fixture;
  std::atomic<bool> sealed = true;
  ScriptedTlsServer first(fixture.identity, [&](const SeenRequest&, Wire& wire) {
    wire.Write(sealed ? HttpReplyText(503, "Vault is sealed") : HttpReplyText(200, "{}"));
  });
  std::atomic<bool> second_sealed = false;
  ScriptedTlsServer second(fixture.identity, [&](const SeenRequest&, Wire& wire) {
    wire.Write(second_sealed ? HttpReplyText(503, "Vault is sealed") : HttpReplyText(200, "{}"));
  });
  fixture.Start({first.Url(), second.Url()});
  REQUIRE(fixture.Call(fixture.Get()).has_value());
  sealed = false;
  REQUIRE(fixture.Call(fixture.Get()).has_value());
  CHECK(first.requests().size() == 1);
  second_sealed = true;
  const auto reply = fixture.Call(fixture.Get());
  REQUIRE(reply.has_value());
  CHECK(reply->status == 200);
  CHECK(first.requests().size() == 2);
  CHECK(fixture.telemetry.failovers == 2);
}

TEST_CASE("Failover: the deadline holds over all addresses") {
  TransportFixture fixture;
  const SilentListener first(/*full=*/false);
  ScriptedTlsServer second(fixture.identity,
                           [](const SeenRequest&, Wire& wire) { wire.HangUntilStopped(); });
  fixture.Start({first.Url(), second.Url()});
  const auto started = std::chrono::steady_clock::now();
  const auto reply = fixture.Call(fixture.Get(450ms));
  REQUIRE_FALSE(reply.has_value());
  CHECK(reply.error() == core::DeadlineExceeded());
  const auto took = std::chrono::steady_clock::now() - started;
  CHECK(took >= 450ms);
  CHECK(took < 500ms);
}

}  // namespace
}  // namespace baokms::tests
