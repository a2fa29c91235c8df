#include "adapters/transit_http/transport/curl_http_transport.h"

#include <doctest/doctest.h>

#include "tests/adapters/transit_http/transport_fixture.h"

namespace baokms::tests {
namespace {

using core::OpenBaoStatus;

TEST_CASE("Transport: a request goes out with its method and headers and body") {
  TransportFixture fixture;
  ScriptedTlsServer server(fixture.identity, Always(HttpReplyText(200, R"({"ok":true})")));
  fixture.options.headers = {"Content-Type: text/x", "X-Vault-Namespace: team/a"};
  fixture.Start({server.Url()});
  ports::HttpRequest request = fixture.Post(R"({"a":1})");
  request.credential_header = core::Secret::Copy("X-Vault-Token: s.token-value");
  const auto reply = fixture.Call(std::move(request));
  REQUIRE(reply.has_value());
  CHECK(reply->status == 200);
  CHECK(reply->content_type == "application/json");
  CHECK(reply->body.ExposeSecret() == R"({"ok":true})");
  const SeenRequest seen = server.requests().at(0);
  CHECK(seen.head.starts_with("POST /v1/test HTTP/1.1\r\n"));
  CHECK(seen.head.contains("X-Vault-Token: s.token-value\r\n"));
  CHECK(seen.head.contains("X-Vault-Namespace: team/a\r\n"));
  CHECK(seen.head.contains("Content-Type: text/x\r\n"));
  CHECK(seen.head.contains("Content-Length: 7\r\n"));
  CHECK_FALSE(seen.head.contains("Expect"));
  CHECK(seen.body == R"({"a":1})");
}

TEST_CASE("Transport: without headers of its own a request sends none of OpenBao") {
  TransportFixture fixture;
  ScriptedTlsServer server(fixture.identity, Always(HttpReplyText(200, "{}")));
  fixture.Start({server.Url()});
  REQUIRE(fixture.Call(fixture.Get()).has_value());
  const SeenRequest seen = server.requests().at(0);
  CHECK(seen.head.starts_with("GET /v1/test HTTP/1.1\r\n"));
  CHECK_FALSE(seen.head.contains("X-Vault-Token"));
  CHECK_FALSE(seen.head.contains("X-Vault-Namespace"));
}

TEST_CASE("Transport: one call after another uses one connection") {
  TransportFixture fixture;
  ScriptedTlsServer server(fixture.identity, Always(HttpReplyText(200, "{}")));
  fixture.Start({server.Url()});
  for (int i = 0; i < 20; ++i) REQUIRE(fixture.Call(fixture.Post("{}")).has_value());
  CHECK(server.connections() == 1);
}

TEST_CASE("Transport: a connection older than its idle time is not used again") {
  TransportFixture fixture;
  ScriptedTlsServer server(fixture.identity, Always(HttpReplyText(200, "{}")));
  fixture.options.max_idle_connection = 1s;
  fixture.Start({server.Url()});
  REQUIRE(fixture.Call(fixture.Get()).has_value());
  std::this_thread::sleep_for(2200ms);
  REQUIRE(fixture.Call(fixture.Get()).has_value());
  CHECK(server.connections() == 2);
}

TEST_CASE("Transport: a path with its own prefix is put before the request path") {
  TransportFixture fixture;
  ScriptedTlsServer server(fixture.identity, Always(HttpReplyText(200, "{}")));
  fixture.Start({server.Url() + "/bao/"});
  REQUIRE(fixture.Call(fixture.Get()).has_value());
  CHECK(server.requests().at(0).head.starts_with("GET /bao/v1/test HTTP/1.1\r\n"));
}

TEST_CASE("Transport: an error status is a reply with its body") {
  TransportFixture fixture;
  ScriptedTlsServer server(fixture.identity, Always(HttpReplyText(403, R"({"errors":["x"]})")));
  fixture.Start({server.Url()});
  const auto reply = fixture.Call(fixture.Get());
  REQUIRE(reply.has_value());
  CHECK(reply->status == 403);
  CHECK(reply->body.ExposeSecret() == R"({"errors":["x"]})");
}

TEST_CASE("Transport: a redirect is handed over and never followed") {
  TransportFixture fixture;
  ScriptedTlsServer target(fixture.identity, Always(HttpReplyText(200, "{}")));
  ScriptedTlsServer server(fixture.identity, Always("HTTP/1.1 307 X\r\nLocation: " + target.Url() +
                                                    "/v1/test\r\nContent-Length: 0\r\n\r\n"));
  fixture.Start({server.Url()});
  const auto reply = fixture.Call(fixture.Get());
  REQUIRE(reply.has_value());
  CHECK(reply->status == 307);
  CHECK(target.connections() == 0);
}

struct BoundedBody {
  int status;
  std::size_t size;
  bool fits;
};

TEST_CASE("Transport: a body is bounded by its class and by the bytes read") {
  for (const bool chunked : {false, true}) {
    for (const BoundedBody& body :
         {BoundedBody{200, 1000, true}, BoundedBody{200, 1001, false}, BoundedBody{204, 0, true},
          BoundedBody{400, 500, true}, BoundedBody{400, 501, false}, BoundedBody{503, 501, false},
          BoundedBody{302, 501, false}}) {
      CAPTURE(body.status);
      CAPTURE(body.size);
      CAPTURE(chunked);
      TransportFixture fixture;
      const std::string text(body.size, 'x');
      ScriptedTlsServer server(fixture.identity, [&](const SeenRequest&, Wire& wire) {
        if (!chunked || body.size == 0) {
          wire.Write(HttpReplyText(body.status, text));
          return;
        }
        char size[32];
        std::snprintf(size, sizeof(size), "%zx\r\n", body.size);
        wire.Write("HTTP/1.1 " + std::to_string(body.status) +
                   " X\r\nTransfer-Encoding: chunked\r\n\r\n" + size + text + "\r\n0\r\n\r\n");
      });
      fixture.Start({server.Url()});
      ports::HttpRequest request = fixture.Get();
      request.max_reply_bytes = 1000;
      request.max_error_bytes = 500;
      const auto reply = fixture.Call(std::move(request));
      CHECK(reply.has_value() == body.fits);
      if (!body.fits) CHECK(reply.error() == core::OversizeReply());
      if (reply) CHECK(reply->body.size() == body.size);
    }
  }
}

TEST_CASE("Transport: the default bounds are 256 KiB and 64 KiB for an error") {
  const ports::HttpRequest request;
  CHECK(request.max_reply_bytes == 256 * 1024);
  CHECK(request.max_error_bytes == 64 * 1024);
}

TEST_CASE("Transport: a huge Content-Length reserves nothing and a short body is unavailable") {
  TransportFixture fixture;
  ScriptedTlsServer server(fixture.identity, [](const SeenRequest&, Wire& wire) {
    wire.Write("HTTP/1.1 200 X\r\nContent-Length: 9000000000000\r\n\r\n{}");
    wire.Close();
  });
  fixture.Start({server.Url()});
  CHECK(TransportFixture::StatusOf(fixture.Call(fixture.Get())) == OpenBaoStatus::kUnavailable);
}

TEST_CASE("Transport: an endless body ends at its bound") {
  TransportFixture fixture;
  ScriptedTlsServer server(fixture.identity, [](const SeenRequest&, Wire& wire) {
    wire.Write("HTTP/1.1 200 X\r\n\r\n");
    while (wire.Write(std::string(16384, 'x'))) {
    }
  });
  fixture.Start({server.Url()});
  const auto started = std::chrono::steady_clock::now();
  CHECK(TransportFixture::StatusOf(fixture.Call(fixture.Get())) == OpenBaoStatus::kUnavailable);
  CHECK(std::chrono::steady_clock::now() - started < 3s);
}

TEST_CASE("Transport: endless headers end at their bound") {
  TransportFixture fixture;
  ScriptedTlsServer server(fixture.identity, [](const SeenRequest&, Wire& wire) {
    wire.Write("HTTP/1.1 200 X\r\n");
    while (wire.Write("X-More: " + std::string(1000, 'x') + "\r\n")) {
    }
  });
  fixture.Start({server.Url()});
  const auto started = std::chrono::steady_clock::now();
  CHECK(TransportFixture::StatusOf(fixture.Call(fixture.Get())) == OpenBaoStatus::kUnavailable);
  CHECK(std::chrono::steady_clock::now() - started < 3s);
}

TEST_CASE("Transport: empty and garbage replies are unavailable") {
  for (const char* text : {"", "garbage\r\n\r\n", "HTTP/1.1 200 X\r\n",
                           "HTTP/1.1 200 X\r\nContent-Length: 10\r\n\r\n{}",
                           "HTTP/1.1 200 X\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}) {
    CAPTURE(text);
    TransportFixture fixture;
    ScriptedTlsServer server(fixture.identity, [&](const SeenRequest&, Wire& wire) {
      wire.Write(text);
      wire.Close();
    });
    fixture.Start({server.Url()});
    CHECK(TransportFixture::StatusOf(fixture.Call(fixture.Get())) == OpenBaoStatus::kUnavailable);
  }
}

// 300 ms is a multiple of nothing in curl; a loaded machine may add some.
void CheckEndsAtDeadline(TransportFixture& fixture) {
  const auto started = std::chrono::steady_clock::now();
  const auto reply = fixture.Call(fixture.Get(300ms));
  const auto took = std::chrono::steady_clock::now() - started;
  REQUIRE_FALSE(reply.has_value());
  CHECK(reply.error() == core::DeadlineExceeded());
  CHECK(took >= 300ms);
  CHECK(took < 330ms);
}

TEST_CASE("Transport: a silent server ends at the deadline to the millisecond") {
  TransportFixture fixture;
  ScriptedTlsServer server(fixture.identity,
                           [](const SeenRequest&, Wire& wire) { wire.HangUntilStopped(); });
  fixture.Start({server.Url()});
  CheckEndsAtDeadline(fixture);
  CheckEndsAtDeadline(fixture);
}

TEST_CASE("Transport: a dripping server ends at the deadline") {
  TransportFixture fixture;
  ScriptedTlsServer server(fixture.identity, [](const SeenRequest&, Wire& wire) {
    wire.Write("HTTP/1.1 200 X\r\nContent-Length: 100000\r\n\r\n");
    while (wire.Write("x") && wire.Sleep(5ms)) {
    }
  });
  fixture.Start({server.Url()});
  CheckEndsAtDeadline(fixture);
}

TEST_CASE("Transport: a reply that drips but comes within the deadline is whole") {
  TransportFixture fixture;
  ScriptedTlsServer server(fixture.identity, [](const SeenRequest&, Wire& wire) {
    for (const char c : HttpReplyText(200, R"({"slow":1})")) {
      if (!wire.Write(std::string(1, c)) || !wire.Sleep(1ms)) return;
    }
  });
  fixture.Start({server.Url()});
  const auto reply = fixture.Call(fixture.Get(5s));
  REQUIRE(reply.has_value());
  CHECK(reply->body.ExposeSecret() == R"({"slow":1})");
}

TEST_CASE("Transport: a deadline that is past ends the call before anything is sent") {
  TransportFixture fixture;
  ScriptedTlsServer server(fixture.identity, Always(HttpReplyText(200, "{}")));
  fixture.Start({server.Url()});
  const auto reply = fixture.Call(fixture.Get(-1ms));
  REQUIRE_FALSE(reply.has_value());
  CHECK(reply.error() == core::DeadlineExceeded());
  CHECK(server.connections() == 0);
}

TEST_CASE("Transport: connecting takes at most a third of what is left, then is tried again") {
  for (const bool full : {false, true}) {
    CAPTURE(full);
    TransportFixture fixture;
    const SilentListener silent(full);
    fixture.Start({silent.Url()});
    const auto started = std::chrono::steady_clock::now();
    const auto reply = fixture.Call(fixture.Get(900ms));
    const auto took = std::chrono::steady_clock::now() - started;
    CHECK(TransportFixture::StatusOf(reply) == OpenBaoStatus::kConnectionFailed);
    CHECK(took >= 600ms);
    CHECK(took < 900ms);
    CHECK(fixture.Superseded().size() >= 1);
  }
}

TEST_CASE("Transport: a refused connection is a connection failure") {
  TransportFixture fixture;
  std::string url;
  {
    ScriptedTlsServer gone(fixture.identity, Always(""));
    url = gone.Url();
  }
  fixture.Start({url});
  CHECK(TransportFixture::StatusOf(fixture.Call(fixture.Get())) ==
        OpenBaoStatus::kConnectionFailed);
}

TEST_CASE("Transport: a name that does not resolve is a DNS failure") {
  TransportFixture fixture;
  fixture.Start({"https://does-not-exist.invalid:8200"});
  const auto status = TransportFixture::StatusOf(fixture.Call(fixture.Get(3s)));
  CHECK(status == OpenBaoStatus::kDnsFailed);
}

TEST_CASE("Transport: a proxy named in the environment is not used") {
  TransportFixture fixture;
  ScriptedTlsServer server(fixture.identity, Always(HttpReplyText(200, "{}")));
  setenv("https_proxy", "http://127.0.0.1:1", 1);
  setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
  fixture.Start({server.Url()});
  const auto reply = fixture.Call(fixture.Get());
  unsetenv("https_proxy");
  unsetenv("ALL_PROXY");
  CHECK(reply.has_value());
}

TEST_CASE("Transport: addresses that are not plain https URLs are refused at start") {
  TransportFixture fixture;
  for (const char* url : {"http://127.0.0.1:1", "https://u:p@127.0.0.1", "https://127.0.0.1/?q",
                          "https://127.0.0.1/#f", "127.0.0.1:8200", "", "https://a b"}) {
    CAPTURE(url);
    fixture.options.addresses = {url};
    const auto started = adapters::transit_http::CurlHttpTransport::Start(
        fixture.options, fixture.clock, fixture.files, fixture.telemetry);
    REQUIRE_FALSE(started.has_value());
    CHECK(started.error() == adapters::transit_http::TransportProblem::kBadAddress);
  }
}

TEST_CASE("Transport: a header that would end its line is refused at start") {
  TransportFixture fixture;
  fixture.options.addresses = {"https://127.0.0.1:1"};
  fixture.options.headers = {"X-Vault-Namespace: a\r\nX-Vault-Token: other"};
  const auto started = adapters::transit_http::CurlHttpTransport::Start(
      fixture.options, fixture.clock, fixture.files, fixture.telemetry);
  REQUIRE_FALSE(started.has_value());
  CHECK(started.error() == adapters::transit_http::TransportProblem::kBadHeader);
}

}  // namespace
}  // namespace baokms::tests
