// When the certificates of a server expire, whatever is wrong with them.
#include "adapters/transit_http/transport/server_certificates.h"

#include <doctest/doctest.h>

#include "tests/adapters/transit_http/transport_fixture.h"

namespace baokms::tests {
namespace {

using adapters::transit_http::NoCertificates;
using adapters::transit_http::ReadServerCertificates;
using adapters::transit_http::ServerCertificates;
using adapters::transit_http::TransportProblem;

constexpr core::UnixSeconds kSlack = 30;

struct Reading {
  TransportFixture fixture;

  auto All(std::vector<std::string> urls, core::Duration timeout = 3s) {
    fixture.options.addresses = std::move(urls);
    const auto found =
        ReadServerCertificates(fixture.options, timeout, fixture.files, fixture.telemetry);
    REQUIRE(found.has_value());
    return *found;
  }
  ServerCertificates Of(const std::string& url) {
    const auto found = All({url}).at(0);
    REQUIRE(found.has_value());
    return *found;
  }
  // How long from now the leaf that this server shows is valid.
  void CheckLeaf(const Identity& identity, core::UnixSeconds from_now, int max_tls_version = 0) {
    const ScriptedTlsServer server(identity, Always(HttpReplyText(200, "{}")), max_tls_version);
    const ServerCertificates seen = Of(server.Url());
    CHECK(std::abs(seen.leaf_expires_at - (fixture.clock.Now().wall + from_now)) < kSlack);
    CHECK(seen.authority_expires_at.has_value());
    CHECK(server.requests().empty());
  }
};

TEST_CASE("Server certificates: a good one and its authority, without a request") {
  Reading reading;
  reading.CheckLeaf(IssueServer(reading.fixture.authority, {"IP:127.0.0.1"}, {.not_after = 7000}),
                    7000);
}

TEST_CASE("Server certificates: one that has expired or has another name is read as well") {
  Reading reading;
  reading.CheckLeaf(IssueServer(reading.fixture.authority, {"IP:127.0.0.1"}, {.not_after = -600}),
                    -600);
  reading.CheckLeaf(IssueServer(reading.fixture.authority, {"DNS:elsewhere"}, {.not_after = 900}),
                    900, /*max_tls_version=*/0x0303);
}

TEST_CASE("Server certificates: one of another authority is told from ours") {
  Reading reading;
  const Identity other = MakeAuthority("another authority");
  const ScriptedTlsServer server(IssueServer(other, {"IP:127.0.0.1"}),
                                 Always(HttpReplyText(200, "{}")));
  CHECK_FALSE(reading.Of(server.Url()).authority_expires_at.has_value());
}

TEST_CASE("Server certificates: each address has its own answer") {
  Reading reading;
  const ScriptedTlsServer server(reading.fixture.identity, Always(HttpReplyText(200, "{}")));
  reading.fixture.options.lookup = [](const std::string& host) {
    return host == "nowhere.test" ? adapters::transit_http::IpAddresses()
                                  : adapters::transit_http::SystemNameLookup(host);
  };
  const auto found =
      reading.All({"https://127.0.0.1:1", "https://nowhere.test:8200", server.Url()});
  REQUIRE(found.size() == 3);
  CHECK(found[0].error() == NoCertificates::kConnectionFailed);
  CHECK(found[1].error() == NoCertificates::kDnsFailed);
  CHECK(found[2].has_value());
}

TEST_CASE("Server certificates: of a name with several IP addresses each is asked") {
  Reading reading;
  const ScriptedTlsServer server(reading.fixture.identity, Always(HttpReplyText(200, "{}")));
  reading.fixture.options.lookup = [](const std::string&) {
    return adapters::transit_http::IpAddresses({"127.0.0.2", "127.0.0.1", "127.0.0.3"});
  };
  CHECK(reading.All({server.Url("bao.example")}).at(0).has_value());
  CHECK(server.connections() == 1);
}

TEST_CASE("Server certificates: a server that stays silent costs the timeout and no more") {
  Reading reading;
  const SilentListener silent(/*full=*/false);
  const auto began = std::chrono::steady_clock::now();
  const auto found = reading.All({silent.Url()}, 300ms);
  CHECK_FALSE(found.at(0).has_value());
  CHECK(std::chrono::steady_clock::now() - began < 3s);
}

TEST_CASE("Server certificates: without a CA file there is nothing to hold them against") {
  Reading reading;
  reading.fixture.options.ca_file = "/nowhere/ca.pem";
  reading.fixture.options.addresses = {"https://127.0.0.1:1"};
  const auto found = ReadServerCertificates(reading.fixture.options, 1s, reading.fixture.files,
                                            reading.fixture.telemetry);
  REQUIRE_FALSE(found.has_value());
  CHECK(found.error() == TransportProblem::kBadCaFile);
}

}  // namespace
}  // namespace baokms::tests
