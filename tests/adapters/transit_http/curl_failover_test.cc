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

TEST_CASE("Failover: a cut reply moves on") {
  TransportFixture fixture;
  ScriptedTlsServer first(fixture.identity, [](const SeenRequest&, Wire& wire) {
    wire.Write("HTTP/1.1 200 X\r\nContent-Length: 10\r\n\r\n{}");
    wire.Close();
  });
  ScriptedTlsServer second(fixture.identity, Ok());
  fixture.Start({first.Url(), second.Url()});
  CHECK(fixture.Call(fixture.Get()).has_value());
  CHECK(second.connections() == 1);
  CHECK(fixture.Superseded() == std::vector<int>{0});
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

TEST_CASE("Failover: all addresses are asked in turn until the budget or the allowance ends") {
  TransportFixture fixture;
  fixture.options.sending.retry_base = 4.5;
  ScriptedTlsServer one(fixture.identity, Always(HttpReplyText(503, "one")));
  ScriptedTlsServer two(fixture.identity, Always(HttpReplyText(503, "two")));
  ScriptedTlsServer three(fixture.identity, Always(HttpReplyText(503, "three")));
  fixture.Start({one.Url(), two.Url(), three.Url()});
  const auto reply = fixture.Call(fixture.Get());
  REQUIRE(reply.has_value());
  CHECK(reply->body.ExposeSecret() == "one");
  CHECK(one.requests().size() == 2);
  CHECK(two.requests().size() == 2);
  CHECK(three.requests().size() == 2);
  CHECK(fixture.Superseded() == std::vector<int>(5, 503));
}

TEST_CASE("Failover: an address that accepts and never answers costs one call a moment") {
  TransportFixture fixture;
  ScriptedTlsServer silent(fixture.identity,
                           [](const SeenRequest&, Wire& wire) { wire.HangUntilStopped(); });
  ScriptedTlsServer second(fixture.identity, Ok());
  fixture.Start({silent.Url(), second.Url()});
  const auto timed = [&] {
    const auto began = std::chrono::steady_clock::now();
    REQUIRE(fixture.Call(fixture.Post("{}", 2s)).has_value());
    return std::chrono::steady_clock::now() - began;
  };
  CHECK(timed() < 1500ms);
  for (int i = 0; i < 5; ++i) CHECK(timed() < 100ms);
  CHECK(fixture.telemetry.failovers == 1);
}

TEST_CASE("Failover: connections from before an address fell silent are not used again") {
  TransportFixture fixture;
  fixture.options.sending.least_hedge_delay = 150ms;
  fixture.options.sending.suspect_after = 1;
  fixture.options.sending.suspect_look = 1s;
  std::atomic<bool> old_ones_are_dead = false;  // as a dropped route leaves them
  std::atomic<bool> second_down = false;
  ScriptedTlsServer first(fixture.identity, [&](const SeenRequest& request, Wire& wire) {
    if (!old_ones_are_dead) wire.Sleep(50ms);
    if (old_ones_are_dead && request.connection <= 2) wire.HangUntilStopped();
    wire.Write(HttpReplyText(200, "{}"));
  });
  ScriptedTlsServer second(fixture.identity, [&](const SeenRequest&, Wire& wire) {
    wire.Write(HttpReplyText(second_down ? 503 : 200, "{}"));
  });
  fixture.Start({first.Url(), second.Url()});
  auto one = fixture.Send(fixture.Post("{}"));
  auto other = fixture.Send(fixture.Post("{}"));
  REQUIRE(one.get().has_value());
  REQUIRE(other.get().has_value());
  REQUIRE(first.connections() == 2);
  old_ones_are_dead = true;
  REQUIRE(fixture.Call(fixture.Post("{}")).has_value());  // by the second; one old one is left
  std::this_thread::sleep_for(2500ms);
  REQUIRE(fixture.Call(fixture.Post("{}")).has_value());  // and a look at the first
  std::this_thread::sleep_for(100ms);
  second_down = true;
  const auto began = std::chrono::steady_clock::now();
  const auto reply = fixture.Call(fixture.Post("{}"));
  REQUIRE(reply.has_value());
  CHECK(reply->status == 200);
  CHECK(std::chrono::steady_clock::now() - began < 140ms);  // no hedge was needed
  CHECK(first.requests().back().connection == 3);
}

// A reply that says nothing about the request, once; then good ones.
ScriptedTlsServer::Script GoodAtTheSecond(std::string first) {
  return [first, asked = std::make_shared<std::atomic<int>>(0)](const SeenRequest&, Wire& wire) {
    if (++*asked > 1) {
      wire.Write(HttpReplyText(200, "{}"));
      return;
    }
    if (!first.empty()) wire.Write(first);
    if (!first.contains("Content-Length") || first.ends_with("cut")) wire.Close();
  };
}

TEST_CASE("Retry: a single address is asked again over a new connection") {
  for (const std::string& first :
       {HttpReplyText(503, "{}"), HttpReplyText(502, "bad gateway"), HttpReplyText(504, ""),
        HttpReplyText(500, "<html>oops</html>"), HttpReplyText(307, ""),
        std::string("HTTP/1.1 200 X\r\nContent-Length: 10\r\n\r\ncut"), std::string()}) {
    CAPTURE(first);
    TransportFixture fixture;
    ScriptedTlsServer server(fixture.identity, GoodAtTheSecond(first));
    fixture.Start({server.Url()});
    const auto reply = fixture.Call(fixture.Post("{}", 2s));
    REQUIRE(reply.has_value());
    CHECK(reply->status == 200);
    REQUIRE(server.requests().size() == 2);
    CHECK(server.requests()[1].connection == 2);
    CHECK(fixture.Superseded().size() == 1);
  }
}

TEST_CASE("Retry: a server that is away for a moment costs no call") {
  TransportFixture fixture;
  auto server = std::make_unique<ScriptedTlsServer>(fixture.identity, Ok());
  const std::string url = server->Url();
  const int port = server->port();
  server.reset();
  fixture.Start({url});
  auto waiting = fixture.Send(fixture.Post("{}", 2s));
  std::this_thread::sleep_for(300ms);
  server = std::make_unique<ScriptedTlsServer>(fixture.identity, Ok(), 0, port);
  const auto began = std::chrono::steady_clock::now();
  const auto reply = waiting.get();
  REQUIRE(reply.has_value());
  CHECK(std::chrono::steady_clock::now() - began < 600ms);
}

TEST_CASE("Retry: what OpenBao said of the request is not asked for again") {
  for (const int status : {400, 401, 403, 404, 429}) {
    TransportFixture fixture;
    ScriptedTlsServer server(fixture.identity, Always(HttpReplyText(status, "<html></html>")));
    fixture.Start({server.Url()});
    const auto reply = fixture.Call(fixture.Post("{}"));
    REQUIRE(reply.has_value());
    CHECK(reply->status == status);
    CHECK(server.requests().size() == 1);
  }
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
