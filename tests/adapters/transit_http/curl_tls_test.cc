// TLS rules (security-and-deployment.md, "TLS"; configuration-and-cli.md, openbao.caCertFile).
#include <doctest/doctest.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <cstdio>
#include <string>

#include "tests/adapters/transit_http/transport_fixture.h"

namespace {
// While set, stands in for the system's certificate directory (see below).
std::string& SystemStore() {
  static std::string directory;
  return directory;
}
}  // namespace

// libcurl's built-in CAPATH is a directory of the machine, which no test may write to. This takes
// the place of libcrypto's function when libcurl calls it, so that the directory can be ours.
extern "C" int X509_STORE_load_path(X509_STORE* store, const char* path) {
  if (!SystemStore().empty()) path = SystemStore().c_str();
  X509_LOOKUP* lookup = X509_STORE_add_lookup(store, X509_LOOKUP_hash_dir());
  return lookup != nullptr && X509_LOOKUP_add_dir(lookup, path, X509_FILETYPE_PEM) == 1 ? 1 : 0;
}

namespace baokms::tests {
namespace {

using adapters::transit_http::CurlHttpTransport;
using adapters::transit_http::TransportProblem;
using core::OpenBaoStatus;

// Longer than the interval at which the CA file is looked at.
constexpr auto kPastNextLook = 1100ms;

TEST_CASE("TLS: a server of another authority is refused") {
  TransportFixture fixture;
  const Identity other = MakeAuthority("other authority");
  ScriptedTlsServer server(IssueServer(other, {"IP:127.0.0.1"}), Ok());
  fixture.Start({server.Url()});
  CHECK(TransportFixture::StatusOf(fixture.Call(fixture.Get())) == OpenBaoStatus::kTlsFailed);
  CHECK(server.requests().empty());
}

// The hashed name under which OpenSSL looks an authority up in a directory.
std::string HashedName(const Identity& authority) {
  BIO* bio = BIO_new_mem_buf(authority.certificate_pem.data(), -1);
  X509* certificate = PEM_read_bio_X509(bio, nullptr, nullptr, nullptr);
  char name[32];
  std::snprintf(name, sizeof(name), "%08lx.0", X509_subject_name_hash(certificate));
  X509_free(certificate);
  BIO_free(bio);
  return name;
}

TEST_CASE("TLS: an authority of the system store is not trusted beside the configured one") {
  TransportFixture fixture;
  const Identity system = MakeAuthority("system authority");
  setenv("SSL_CERT_FILE", fixture.scratch.Write("store.pem", system.certificate_pem).c_str(), 1);
  fixture.scratch.Write(HashedName(system), system.certificate_pem);
  setenv("SSL_CERT_DIR", fixture.scratch.File("").c_str(), 1);
  SystemStore() = fixture.scratch.File("");
  ScriptedTlsServer server(IssueServer(system, {"IP:127.0.0.1"}), Ok());
  fixture.Start({server.Url()});
  const auto reply = fixture.Call(fixture.Get());
  unsetenv("SSL_CERT_FILE");
  unsetenv("SSL_CERT_DIR");
  SystemStore().clear();
  CHECK(TransportFixture::StatusOf(reply) == OpenBaoStatus::kTlsFailed);
}

TEST_CASE("TLS: a certificate for another name is refused") {
  TransportFixture fixture;
  ScriptedTlsServer server(IssueServer(fixture.authority, {"DNS:other.example", "IP:127.0.0.2"}),
                           Ok());
  fixture.Start({server.Url()});
  CHECK(TransportFixture::StatusOf(fixture.Call(fixture.Get())) == OpenBaoStatus::kTlsFailed);
}

TEST_CASE("TLS: tlsServerName is what the certificate is checked against") {
  TransportFixture fixture;
  ScriptedTlsServer server(IssueServer(fixture.authority, {"DNS:bao.example"}), Ok());
  fixture.options.tls_server_name = "bao.example";
  fixture.Start({server.Url()});
  REQUIRE(fixture.Call(fixture.Get()).has_value());
  CHECK(server.requests().at(0).head.contains("Host: 127.0.0.1:" + std::to_string(server.port()) +
                                              "\r\n"));
}

TEST_CASE("TLS: a tlsServerName that the certificate lacks is refused though the address fits") {
  TransportFixture fixture;
  ScriptedTlsServer server(IssueServer(fixture.authority, {"IP:127.0.0.1"}), Ok());
  fixture.options.tls_server_name = "bao.example";
  fixture.Start({server.Url()});
  CHECK(TransportFixture::StatusOf(fixture.Call(fixture.Get())) == OpenBaoStatus::kTlsFailed);
}

TEST_CASE("TLS: versions before 1.2 are refused") {
  TransportFixture fixture;
  ScriptedTlsServer old(fixture.identity, Ok(), TLS1_1_VERSION);
  fixture.Start({old.Url()});
  CHECK(TransportFixture::StatusOf(fixture.Call(fixture.Get())) == OpenBaoStatus::kTlsFailed);
  ScriptedTlsServer enough(fixture.identity, Ok(), TLS1_2_VERSION);
  fixture.Start({enough.Url()});
  CHECK(fixture.Call(fixture.Get()).has_value());
}

TEST_CASE("TLS: a new connection resumes the session of the one before") {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    CAPTURE(version);
    TransportFixture fixture;
    ScriptedTlsServer server(
        fixture.identity,
        [](const SeenRequest&, Wire& wire) {
          wire.Write(HttpReplyText(200, "{}"));
          wire.Close();
        },
        version);
    fixture.Start({server.Url()});
    for (int i = 0; i < 3; ++i) REQUIRE(fixture.Call(fixture.Post("{}")).has_value());
    const auto seen = server.requests();
    REQUIRE(seen.size() == 3);
    CHECK_FALSE(seen[0].resumed);
    CHECK(seen[1].resumed);
    CHECK(seen[2].resumed);
    CHECK(seen[2].connection == 3);
  }
}

TEST_CASE("TLS: a changed CA file holds for the next connection without a restart") {
  TransportFixture fixture;
  ScriptedTlsServer server(fixture.identity, Ok());
  const Identity next = MakeAuthority("next authority");
  ScriptedTlsServer renewed(IssueServer(next, {"IP:127.0.0.1"}), Ok());
  auto& transport = fixture.Start({server.Url(), renewed.Url()});
  (void)transport;
  REQUIRE(fixture.Call(fixture.Get()).has_value());
  REQUIRE(server.connections() == 1);

  fixture.scratch.Write("ca.pem", next.certificate_pem);
  std::this_thread::sleep_for(kPastNextLook);
  // The first address is not trusted any more, warm connection or not; the second now is.
  REQUIRE(fixture.Call(fixture.Get()).has_value());
  CHECK(server.requests().size() == 1);
  CHECK(renewed.requests().size() == 1);
  CHECK(fixture.telemetry.ca_refused == 0);
}

TEST_CASE("TLS: an unusable new CA file is reported once and the old one stays") {
  const Identity spare = MakeAuthority("spare");
  const std::string cut = spare.certificate_pem.substr(0, spare.certificate_pem.size() / 2);
  for (const std::string& content : {std::string(), std::string("no certificate"), cut}) {
    CAPTURE(content.size());
    TransportFixture fixture;
    ScriptedTlsServer server(fixture.identity, [](const SeenRequest&, Wire& wire) {
      wire.Write(HttpReplyText(200, "{}"));
      wire.Close();  // so that every call needs a new connection
    });
    fixture.Start({server.Url()});
    REQUIRE(fixture.Call(fixture.Get()).has_value());
    fixture.scratch.Write("ca.pem", content);
    for (int i = 0; i < 2; ++i) {
      std::this_thread::sleep_for(kPastNextLook);
      CHECK(fixture.Call(fixture.Get()).has_value());
    }
    CHECK(fixture.telemetry.ca_refused == 1);
    CHECK(server.connections() == 3);
  }
}

TEST_CASE("TLS: a CA file that went missing is reported and the old one stays") {
  TransportFixture fixture;
  ScriptedTlsServer server(fixture.identity, Ok());
  fixture.Start({server.Url()});
  std::filesystem::remove(fixture.options.ca_file);
  CHECK(fixture.Call(fixture.Get()).has_value());
  CHECK(fixture.telemetry.ca_refused == 1);
}

TEST_CASE("TLS: a start without a usable CA file is refused") {
  TransportFixture fixture;
  fixture.options.addresses = {"https://127.0.0.1:1"};
  for (const std::string& content : {std::string(), std::string("no certificate")}) {
    fixture.scratch.Write("ca.pem", content);
    const auto started =
        CurlHttpTransport::Start(fixture.options, fixture.clock, fixture.files, fixture.telemetry);
    REQUIRE_FALSE(started.has_value());
    CHECK(started.error() == TransportProblem::kBadCaFile);
  }
}

}  // namespace
}  // namespace baokms::tests
