// What `doctor` says of the way to OpenBao: each cause apart from the others.
#include "adapters/transit_http/transport/tls_probe.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include "adapters/transit_http/openbao/health_page.h"
#include "adapters/transit_http/transport/ca_bundle.h"
#include "tests/adapters/cert/made_identity.h"
#include "tests/adapters/transit_http/transport_fixture.h"

namespace baokms::tests {
namespace {

using adapters::transit_http::ProbeTls;
using adapters::transit_http::TlsFinding;
using adapters::transit_http::TlsVerdict;
using adapters::transit_http::TransportProblem;
using core::TlsFailure;

ScriptedTlsServer::Script Health() {
  return Always(HttpReplyText(503, R"({"initialized":true,"sealed":true,"standby":true})"));
}

// Says something that is no TLS, or nothing, and ends.
class PlainServer {
 public:
  explicit PlainServer(std::string_view page = "HTTP/1.1 400 Bad Request\r\n\r\n")
      : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    // The sockets API's own way of passing an address.
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(bind(fd_, generic, size) == 0);
    REQUIRE(listen(fd_, 8) == 0);
    REQUIRE(getsockname(fd_, generic, &size) == 0);
    url = "https://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    thread_ = std::thread([this, page] {
      const int peer = accept(fd_, nullptr, nullptr);
      (void)!write(peer, page.data(), page.size());
      shutdown(peer, SHUT_WR);
      char rest[512];
      while (read(peer, rest, sizeof rest) > 0) {
      }
      close(peer);
    });
  }
  ~PlainServer() {
    shutdown(fd_, SHUT_RDWR);
    thread_.join();
    close(fd_);
  }
  PlainServer(const PlainServer&) = delete;
  PlainServer& operator=(const PlainServer&) = delete;
  std::string url;

 private:
  int fd_;
  std::thread thread_;
};

struct Probing {
  TransportFixture fixture;
  core::ClientIdentityRef presented;

  std::vector<TlsFinding> Findings(std::vector<std::string> urls, core::Duration timeout = 3s) {
    fixture.options.addresses = std::move(urls);
    const auto findings =
        ProbeTls(adapters::transit_http::OpenBaoHealthPage(), fixture.options, presented, timeout,
                 fixture.clock, fixture.files, fixture.telemetry);
    REQUIRE(findings.has_value());
    return *findings;
  }
  TlsVerdict Verdict(const std::string& url, core::Duration timeout = 3s) {
    return Findings({url}, timeout).at(0).verdict;
  }
  // REQUIREs that it is TLS that fails.
  TlsFailure Why(const std::string& url) {
    const TlsFinding found = Findings({url}).at(0);
    REQUIRE(found.verdict == TlsVerdict::kTlsFailed);
    return found.why;
  }
  TlsFailure Why(const Identity& identity, int max_tls_version = 0) {
    const ScriptedTlsServer server(identity, Health(), max_tls_version);
    return Why(server.Url());
  }
  // Of a server with this certificate.
  TlsVerdict Verdict(const Identity& identity, int max_tls_version = 0) {
    const ScriptedTlsServer server(identity, Health(), max_tls_version);
    return Verdict(server.Url());
  }
  Identity Issue(const std::vector<std::string>& names, Validity validity = {}) const {
    return IssueServer(fixture.authority, names, validity);
  }
};

TEST_CASE("TLS probe: an OpenBao is one whatever state it is in") {
  Probing p;
  CHECK(p.Verdict(p.fixture.identity) == TlsVerdict::kOk);
  const ScriptedTlsServer active(
      p.fixture.identity, Always(HttpReplyText(200, R"({"initialized":true,"sealed":false})")));
  CHECK(p.Verdict(active.Url()) == TlsVerdict::kOk);
  REQUIRE(active.requests().size() == 1);
  CHECK(active.requests()[0].head.starts_with("GET /v1/sys/health HTTP/1.1\r\n"));
  CHECK_FALSE(active.requests()[0].head.contains("X-Vault-Token"));
}

TEST_CASE("TLS probe: a server that is no OpenBao is told from one") {
  Probing p;
  const ScriptedTlsServer page(p.fixture.identity, Always(HttpReplyText(200, "<html></html>")));
  CHECK(p.Verdict(page.Url()) == TlsVerdict::kAnotherServer);
  const ScriptedTlsServer cut(p.fixture.identity,
                              [](const SeenRequest&, Wire& wire) { wire.Close(); });
  CHECK(p.Verdict(cut.Url()) == TlsVerdict::kAnotherServer);
}

TEST_CASE("TLS probe: authority and name and dates of the certificate are told apart") {
  Probing p;
  const Identity other = MakeAuthority("another authority");
  CHECK(p.Why(IssueServer(other, {"IP:127.0.0.1"})) == TlsFailure::kUnknownAuthority);
  CHECK(p.Why(other) == TlsFailure::kUnknownAuthority);  // self-signed
  CHECK(p.Why(p.Issue({"DNS:other.example"})) == TlsFailure::kWrongName);
  CHECK(p.Why(p.Issue({"IP:127.0.0.1"}, {.not_after = -60})) == TlsFailure::kExpired);
  CHECK(p.Why(p.Issue({"IP:127.0.0.1"}, {.not_before = 3600, .not_after = 7200})) ==
        TlsFailure::kNotYetValid);
}

TEST_CASE("TLS probe: the configured server name is the one that is checked") {
  Probing p;
  p.fixture.options.tls_server_name = "bao.example";
  CHECK(p.Verdict(p.fixture.identity) == TlsVerdict::kOk);
  CHECK(p.Why(p.Issue({"IP:127.0.0.1"})) == TlsFailure::kWrongName);
}

TEST_CASE("TLS probe: what is below TLS is told too") {
  Probing p;
  CHECK(p.Verdict("https://127.0.0.1:1") == TlsVerdict::kConnectionFailed);
  const SilentListener silent(/*full=*/false);
  CHECK(p.Verdict(silent.Url(), 300ms) == TlsVerdict::kConnectionFailed);
  CHECK(p.Verdict("https://no-such-host.invalid:8200") == TlsVerdict::kDnsFailed);
}

TEST_CASE("TLS probe: a handshake that fails has four causes and each is told apart") {
  Probing p;
  CHECK(p.Why(PlainServer("").url) == TlsFailure::kClosed);
  CHECK(p.Why(PlainServer().url) == TlsFailure::kNotTls);
  CHECK(p.Why(PlainServer("SSH-2.0-OpenSSH_9.2p1\r\n").url) == TlsFailure::kNotTls);
  CHECK(p.Why(p.fixture.identity, TLS1_1_VERSION) == TlsFailure::kNoCommonVersion);
  CHECK(p.Why(IssueForClients(p.fixture.authority, {"IP:127.0.0.1"})) ==
        TlsFailure::kCertificateRefused);
}

TEST_CASE("TLS probe: a server that wants a client certificate is told from one that refuses it") {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    CAPTURE(version);
    Probing p;
    const auto ours = std::make_shared<const core::ClientIdentity>(MakeIdentity());
    ScriptedTlsServer server(p.fixture.identity, Health(), version);
    server.RequireClientCertificate(ours->chain_der.front());
    CHECK(p.Why(server.Url()) == TlsFailure::kWantsCertificate);
    p.presented = ours;
    CHECK(p.Verdict(server.Url()) == TlsVerdict::kOk);
    p.presented = std::make_shared<const core::ClientIdentity>(MakeIdentity());
    CHECK(p.Why(server.Url()) == TlsFailure::kOursRefused);
  }
}

TEST_CASE("TLS probe: of a name with several IP addresses the one that answers counts") {
  Probing p;
  const ScriptedTlsServer server(p.fixture.identity, Health());
  p.fixture.options.lookup = [](const std::string&) {
    return adapters::transit_http::IpAddresses({"127.0.0.2", "127.0.0.1"});
  };
  CHECK(p.Verdict(server.Url("bao.example")) == TlsVerdict::kOk);
  const ScriptedTlsServer wrong(p.Issue({"DNS:other.example"}), Health());
  CHECK(p.Why(wrong.Url("bao.example")) == TlsFailure::kWrongName);
}

TEST_CASE("TLS probe: each address has its own verdict") {
  Probing p;
  const ScriptedTlsServer good(p.fixture.identity, Health());
  const ScriptedTlsServer bad(p.Issue({"DNS:other.example"}), Health());
  CHECK(p.Findings({bad.Url(), good.Url(), "https://127.0.0.1:1"}) ==
        std::vector{TlsFinding{TlsVerdict::kTlsFailed, TlsFailure::kWrongName},
                    TlsFinding{TlsVerdict::kOk}, TlsFinding{TlsVerdict::kConnectionFailed}});
}

// With time for a sanitizer to read some hundred certificates on a busy machine.
TEST_CASE("TLS probe: the system's roots are found and do not trust a private authority") {
  Probing p;
  p.fixture.options.ca_file = adapters::transit_http::SystemCaFile();
  REQUIRE_FALSE(p.fixture.options.ca_file.empty());
  CHECK_FALSE(std::filesystem::is_symlink(p.fixture.options.ca_file));
  const ScriptedTlsServer server(p.fixture.identity, Health());
  CHECK(p.Findings({server.Url()}, 60s) ==
        std::vector{TlsFinding{TlsVerdict::kTlsFailed, TlsFailure::kUnknownAuthority}});
}

TEST_CASE("TLS probe: a CA file that cannot be used is the transport's problem") {
  Probing p;
  p.fixture.options.addresses = {"https://127.0.0.1:1"};
  p.fixture.options.ca_file = p.fixture.scratch.Write("bad.pem", "no certificate");
  const auto verdicts =
      ProbeTls(adapters::transit_http::OpenBaoHealthPage(), p.fixture.options, nullptr, 1s,
               p.fixture.clock, p.fixture.files, p.fixture.telemetry);
  REQUIRE_FALSE(verdicts.has_value());
  CHECK(verdicts.error() == TransportProblem::kBadCaFile);
}

}  // namespace
}  // namespace baokms::tests
