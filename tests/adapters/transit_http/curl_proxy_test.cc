// The transport through a proxy: the way to a server whose name resolves nowhere else, and each way
// for it to fail.
#include <doctest/doctest.h>

#include <atomic>
#include <mutex>
#include <string>
#include <vector>

#include "adapters/transit_http/transport/proxy_address.h"
#include "core/model/proxy_failure.h"
#include "core/model/tls_failure.h"
#include "tests/adapters/transit_http/connect_proxy.h"
#include "tests/adapters/transit_http/transport_fixture.h"

namespace baokms::tests {
namespace {

using adapters::transit_http::ProxyAddress;
using adapters::transit_http::TransportProblem;
using core::ProxyFailed;
using core::ProxyFailure;

const std::string kName = "idp.invalid";
const std::string kAt = kName + ":8443";

// A server that the proxy alone knows, at https://idp.invalid:8443.
struct BehindProxy : TransportFixture {
  explicit BehindProxy(ScriptedTlsServer::Script script = Ok())
      : BehindProxy(std::move(script), {"DNS:" + kName}) {}
  BehindProxy(ScriptedTlsServer::Script script, const std::vector<std::string>& names)
      : server(IssueServer(authority, names), std::move(script)), proxy({{kAt, server.port()}}) {
    Through(proxy.Url());
  }
  void Through(const std::string& url) {
    options.proxy = url;
    Start({"https://" + kAt});
  }
  core::Error Failure(core::Duration budget = 4s) {
    const Reply reply = Call(Get(budget));
    REQUIRE_FALSE(reply.has_value());
    return reply.error();
  }

  ScriptedTlsServer server;
  ConnectProxy proxy;
};

TEST_CASE("Proxy: the name of a server that it alone resolves is what it is asked for") {
  BehindProxy behind;
  ports::HttpRequest request = behind.Post(R"({"a":1})");
  request.credential_header = core::Secret::Copy("Authorization: Basic canary-5d11");
  const auto reply = behind.Call(std::move(request));
  REQUIRE(reply.has_value());
  CHECK(reply->status == 200);
  CHECK(reply->body.ExposeSecret() == "{}");
  REQUIRE(behind.proxy.asked().size() == 1);
  CHECK(behind.proxy.asked()[0].starts_with("CONNECT " + kAt + " HTTP/1.1\r\n"));
  const SeenRequest seen = behind.server.requests().at(0);
  CHECK(seen.head.starts_with("POST /v1/test HTTP/1.1\r\n"));
  CHECK(seen.head.contains("Host: " + kAt + "\r\n"));
  CHECK(seen.head.contains("canary-5d11"));
}

TEST_CASE("Proxy: it sees no header of the request") {
  BehindProxy behind;
  behind.options.headers = {"X-Of-Every-Request: canary-77aa"};
  behind.Through(behind.proxy.Url());
  ports::HttpRequest request = behind.Get();
  request.credential_header = core::Secret::Copy("Authorization: Basic canary-5d11");
  REQUIRE(behind.Call(std::move(request)).has_value());
  REQUIRE(behind.proxy.asked().size() == 1);
  CHECK_FALSE(behind.proxy.asked()[0].contains("canary"));
  CHECK_FALSE(behind.proxy.asked()[0].contains("Authorization"));
}

TEST_CASE("Proxy: only its own name is looked up here") {
  BehindProxy behind;
  std::vector<std::string> names;
  std::mutex mutex;
  behind.options.lookup = [&](const std::string& host) -> adapters::transit_http::IpAddresses {
    const std::lock_guard lock(mutex);
    names.push_back(host);
    return std::vector<std::string>{"127.0.0.1"};
  };
  behind.Through(behind.proxy.Url("proxy.invalid"));
  REQUIRE(behind.Call(behind.Get()).has_value());
  behind.transport.reset();
  CHECK(names == std::vector<std::string>{"proxy.invalid"});
}

TEST_CASE("Proxy: a request after another uses the same tunnel") {
  BehindProxy behind;
  for (int i = 0; i < 5; ++i) REQUIRE(behind.Call(behind.Get()).has_value());
  CHECK(behind.proxy.asked().size() == 1);
  CHECK(behind.server.connections() == 1);
}

TEST_CASE("Proxy: a server that closes each connection gets a tunnel each time") {
  BehindProxy behind([](const SeenRequest&, Wire& wire) {
    wire.Write(HttpReplyText(200, "{}"));
    wire.Close();
  });
  for (int i = 0; i < 3; ++i) REQUIRE(behind.Call(behind.Get()).has_value());
  CHECK(behind.proxy.asked().size() == 3);
}

TEST_CASE("Proxy: an IPv6 address as the server goes out in brackets") {
  BehindProxy behind;
  ConnectProxy proxy({{"[::1]:8443", behind.server.port()}});
  behind.options.proxy = proxy.Url();
  behind.options.tls_server_name = kName;
  behind.Start({"https://[::1]:8443"});
  REQUIRE(behind.Call(behind.Get()).has_value());
  CHECK(proxy.asked().at(0).starts_with("CONNECT [::1]:8443 "));
}

TEST_CASE("Proxy: what it answers to CONNECT is told apart") {
  struct Row {
    std::string answer;
    ProxyFailure why;
  };
  const std::string html =
      "Content-Type: text/html\r\nContent-Length: 50\r\n\r\n<html>" + std::string(44, 'x');
  for (const Row& row : std::vector<Row>{
           {"HTTP/1.1 403 Forbidden\r\n" + html, ProxyFailure::kForbidden},
           {"HTTP/1.1 407 X\r\nProxy-Authenticate: Basic realm=\"x\"\r\n" + html,
            ProxyFailure::kWantsCredentials},
           {"HTTP/1.1 407 X\r\nProxy-Authenticate: Negotiate\r\n\r\n",
            ProxyFailure::kWantsCredentials},
           {"HTTP/1.1 502 Bad Gateway\r\n" + html, ProxyFailure::kServerUnreachable},
           {"HTTP/1.0 503 X\r\n\r\n<html>", ProxyFailure::kServerUnreachable},
           {"HTTP/1.1 504 X\r\n" + html, ProxyFailure::kServerUnreachable},
           {"HTTP/1.1 302 X\r\nLocation: https://login.invalid/\r\nContent-Length: 0\r\n\r\n",
            ProxyFailure::kRefused},
           {"HTTP/1.1 400 X\r\n" + html, ProxyFailure::kRefused},
           {"HTTP/1.1 500 X\r\n\r\n", ProxyFailure::kRefused},
           {"", ProxyFailure::kNoAnswer},
           {"HTTP/1.1 20", ProxyFailure::kNoAnswer},
           {"no HTTP\r\n\r\n", ProxyFailure::kNoAnswer},
           {"\x15\x03\x01", ProxyFailure::kNoAnswer}}) {
    CAPTURE(row.answer);
    BehindProxy behind;
    behind.proxy.Instead(row.answer);
    CHECK(behind.Failure() == ProxyFailed(row.why));
    CHECK(behind.server.connections() == 0);
  }
}

TEST_CASE("Proxy: a refusal is asked for once and a server out of reach again") {
  BehindProxy behind;
  behind.proxy.Instead("HTTP/1.1 407 X\r\nContent-Length: 0\r\n\r\n");
  CHECK(behind.Failure() == ProxyFailed(ProxyFailure::kWantsCredentials));
  CHECK(behind.proxy.asked().size() == 1);
  behind.proxy.Instead("HTTP/1.1 502 X\r\nContent-Length: 0\r\n\r\n");
  CHECK(behind.Failure() == ProxyFailed(ProxyFailure::kServerUnreachable));
  CHECK(behind.proxy.asked().size() > 2);
}

TEST_CASE("Proxy: one that is silent is left within the budget") {
  BehindProxy behind;
  behind.proxy.InsteadHang();
  const auto started = std::chrono::steady_clock::now();
  CHECK(behind.Failure(900ms) == ProxyFailed(ProxyFailure::kSilent));
  CHECK(std::chrono::steady_clock::now() - started < 4s);
}

TEST_CASE("Proxy: one that cannot be connected to and one without a name are told apart") {
  BehindProxy behind;
  behind.Through("http://127.0.0.1:1");
  CHECK(behind.Failure() == ProxyFailed(ProxyFailure::kUnreachable));
  const SilentListener full(/*full=*/true);
  behind.Through("http" + full.Url().substr(5));
  CHECK(behind.Failure(900ms) == ProxyFailed(ProxyFailure::kUnreachable));
  behind.options.lookup = [](const std::string&) { return std::nullopt; };
  behind.Through("http://proxy.invalid:3128");
  CHECK(behind.Failure() == ProxyFailed(ProxyFailure::kNameUnknown));
  CHECK(behind.server.connections() == 0);
}

TEST_CASE("Proxy: TLS is with the server behind it and is judged as without one") {
  BehindProxy other_name(Ok(), {"DNS:proxy.invalid", "IP:127.0.0.1"});
  CHECK(other_name.Failure() == core::TlsFailed(core::TlsFailure::kWrongName));
  CHECK(other_name.server.requests().empty());
  BehindProxy other_authority;
  other_authority.options.ca_file =
      other_authority.scratch.Write("other.pem", MakeAuthority("other authority").certificate_pem);
  other_authority.Through(other_authority.proxy.Url());
  CHECK(other_authority.Failure() == core::TlsFailed(core::TlsFailure::kUnknownAuthority));
  CHECK(other_authority.server.requests().empty());
  // A page where the tunnel should be.
  BehindProxy page;
  page.proxy.InsteadHang("HTTP/1.1 200 OK\r\n\r\n<html>sign in here</html>");
  CHECK(page.Failure() == core::TlsFailed(core::TlsFailure::kNotTls));
}

TEST_CASE("Proxy: a server's own failure behind the tunnel is not the proxy's") {
  BehindProxy cut([](const SeenRequest&, Wire& wire) { wire.Close(); });
  CHECK(cut.Failure() == core::OpenBaoFailure(core::OpenBaoStatus::kUnavailable));
  BehindProxy broken(Always(HttpReplyText(502, "{}")));
  const auto reply = broken.Call(broken.Get(2s));
  REQUIRE(reply.has_value());
  CHECK(reply->status == 502);
}

TEST_CASE("Proxy: its silence afterwards does not hide that the server failed") {
  ConnectProxy* proxy = nullptr;
  BehindProxy cut([&](const SeenRequest&, Wire& wire) {
    proxy->InsteadHang();
    wire.Close();
  });
  proxy = &cut.proxy;
  CHECK(cut.Failure(900ms) == core::OpenBaoFailure(core::OpenBaoStatus::kUnavailable));
  CHECK(cut.server.connections() == 1);
  CHECK(cut.proxy.asked().size() > 1);
}

TEST_CASE(
    "Proxy: a reply that is cut in a tunnel that was used before is not the proxy's failure") {
  std::atomic<int> requests = 0;
  BehindProxy behind([&](const SeenRequest&, Wire& wire) {
    if (requests++ == 0) {
      wire.Write(HttpReplyText(200, "{}"));
    } else {
      wire.Write("HTTP/1.1 200 X\r\nContent-Length: 100\r\n\r\n{");
      wire.Close();
    }
  });
  REQUIRE(behind.Call(behind.Get()).has_value());
  CHECK(behind.Failure() == core::OpenBaoFailure(core::OpenBaoStatus::kUnavailable));
}

TEST_CASE("Proxy: its own headers are no beginning of a reply") {
  // In TLS 1.3 the server says so where its reply would be.
  BehindProxy behind;
  behind.server.RequireClientCertificate({});
  CHECK(behind.Failure() == core::TlsFailed(core::TlsFailure::kWantsCertificate));
}

TEST_CASE("Proxy: a tunnel that breaks while it is idle costs no request") {
  BehindProxy behind;
  REQUIRE(behind.Call(behind.Get()).has_value());
  behind.proxy.EndTunnels();
  const auto reply = behind.Call(behind.Get());
  REQUIRE(reply.has_value());
  CHECK(behind.proxy.asked().size() == 2);
  // And when the proxy has meanwhile changed its mind, that is told.
  behind.proxy.Instead("HTTP/1.1 403 X\r\nContent-Length: 0\r\n\r\n");
  behind.proxy.EndTunnels();
  CHECK(behind.Failure() == ProxyFailed(ProxyFailure::kForbidden));
}

TEST_CASE("Proxy: the environment's list of exceptions does not lead around it") {
  BehindProxy behind;
  setenv("no_proxy", "*", 1);
  const auto reply = behind.Call(behind.Get());
  unsetenv("no_proxy");
  REQUIRE(reply.has_value());
  CHECK(behind.proxy.asked().size() == 1);
}

TEST_CASE("Proxy address: http://host:port and nothing else") {
  const auto whole = ProxyAddress::Parse("HTTP://proxy.example:3128");
  REQUIRE(whole.has_value());
  CHECK(whole->host == "proxy.example");
  CHECK(whole->UrlAt("192.0.2.1") == "http://192.0.2.1:3128");
  CHECK(whole->UrlAt("2001:db8::1") == "http://[2001:db8::1]:3128");
  CHECK(ProxyAddress::Parse("http://[2001:db8::1]:80")->host == "2001:db8::1");
  for (const char* url :
       {"", "proxy:3128", "https://proxy:3128", "socks5://proxy:1080", "http://proxy",
        "http://proxy:", "http://:3128", "http://u:p@proxy:3128", "http://proxy:3128/",
        "http://proxy:3128?q", "http://proxy:3128#f", "http://pro xy:3128", "http://proxy:31x8"}) {
    CAPTURE(url);
    CHECK_FALSE(ProxyAddress::Parse(url).has_value());
  }
  BehindProxy behind;
  behind.options.proxy = "https://proxy:3128";
  const auto started = adapters::transit_http::CurlHttpTransport::Start(
      behind.options, behind.clock, behind.files, behind.telemetry);
  REQUIRE_FALSE(started.has_value());
  CHECK(started.error() == TransportProblem::kBadProxy);
}

}  // namespace
}  // namespace baokms::tests
