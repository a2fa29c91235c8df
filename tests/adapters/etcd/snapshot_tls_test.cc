// Certificates on both sides, against a real etcd and a fake with a certificate of another name.
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "tests/adapters/etcd/fake_etcd.h"
#include "tests/adapters/etcd/reading.h"
#include "tests/support/emulator/certificates.h"
#include "tests/support/etcd/etcd_under_test.h"
#include "tests/support/harness/http_client.h"

#ifdef __SANITIZE_ADDRESS__
// c-ares 1.18, by which gRPC resolves names, keeps the ten bytes of a name from /etc/hosts.
// NOLINTNEXTLINE(bugprone-reserved-identifier): the name that LeakSanitizer looks for
extern "C" const char* __lsan_default_suppressions() { return "leak:libcares.so\n"; }
#endif

namespace baokms::adapters::etcd {
namespace {

using testing::EtcdTransport;
using testing::EtcdUnderTest;
using testing::ReadWholeFile;
using testing::SkippedWithoutEtcd;

SnapshotOptions With(const EtcdUnderTest& etcd, const std::string& ca,
                     const std::string& certificate, const std::string& key) {
  return {.endpoints = {At(etcd.url())},
          .tls = {.ca = ReadWholeFile(ca),
                  .certificate = certificate.empty() ? "" : ReadWholeFile(certificate),
                  .key = core::Secret::Copy(key.empty() ? "" : ReadWholeFile(key))}};
}

TEST_CASE("Snapshot TLS: a client certificate of etcd's authority reads") {
  if (SkippedWithoutEtcd()) return;
  EtcdUnderTest etcd(EtcdTransport::kTlsWithClientCertificates);
  etcd.Put({{"/registry/secrets/a/b", "value"}});
  int seen = 0;
  CHECK(ReaderOf(With(etcd, etcd.ca_file(), etcd.client_certificate_file(), etcd.client_key_file()))
            .Read("/registry/", 500, [&](auto, auto) { ++seen; }));
  CHECK(seen == 1);
}

TEST_CASE("Snapshot TLS: with etcd's access control a user reads what a role lets it read") {
  if (SkippedWithoutEtcd()) return;
  EtcdUnderTest etcd(EtcdTransport::kTlsWithClientCertificates);
  etcd.Put({{"/registry/secrets/a", "1"}});
  // etcd takes the certificate's common name as the user.
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"role", "add", "census"},
        {"role", "grant-permission", "census", "--prefix=true", "read", "/registry/"},
        {"user", "add", "census", "--no-password"},
        {"user", "add", "root:secret"},
        {"user", "grant-role", "root", "root"},
        {"auth", "enable"}}) {
    REQUIRE(etcd.Control(arguments) == 0);
  }
  const auto as_census = [&] {
    return With(etcd, etcd.ca_file(), etcd.client_certificate_file(), etcd.client_key_file());
  };
  CHECK(ProblemOf(as_census()) == EtcdProblem::kDenied);  // no role yet
  REQUIRE(etcd.Control({"--user=root:secret", "user", "grant-role", "census", "census"}) == 0);
  int seen = 0;
  CHECK(ReaderOf(as_census()).Read("/registry/", 500, [&](auto, auto) { ++seen; }).has_value());
  CHECK(seen == 1);
}

TEST_CASE("Snapshot TLS: a name in the certificate is as good as an address") {
  if (SkippedWithoutEtcd()) return;
  EtcdUnderTest etcd(EtcdTransport::kTls);
  SnapshotOptions options = With(etcd, etcd.ca_file(), "", "");
  options.endpoints.front().host = "localhost";
  CHECK(ReaderOf(std::move(options)).Read("/registry/", 500, [](auto, auto) {}));
}

TEST_CASE("Snapshot TLS: each wrong certificate is told apart") {
  if (SkippedWithoutEtcd()) return;
  EtcdUnderTest etcd(EtcdTransport::kTlsWithClientCertificates);
  CHECK(ProblemOf(With(etcd, etcd.foreign_ca_file(), etcd.client_certificate_file(),
                       etcd.client_key_file())) == EtcdProblem::kUntrusted);
  CHECK(ProblemOf(With(etcd, etcd.ca_file(), "", "")) == EtcdProblem::kClientCertificate);
  CHECK(ProblemOf(With(etcd, etcd.ca_file(), etcd.foreign_certificate_file(),
                       etcd.foreign_key_file())) == EtcdProblem::kClientCertificate);
}

TEST_CASE("Snapshot TLS: a certificate for another host is not taken") {
  const emulator::CertificateAuthority authority("fake etcd authority");
  emulator::LeafRequest leaf;
  leaf.common_name = "127.0.0.1";
  leaf.dns_sans = {"elsewhere.test.invalid"};
  const emulator::CertificateAndKey pair = authority.Issue(leaf);
  FakeEtcd etcd([](const auto&, auto&) { return grpc::Status::OK; }, pair.certificate_pem,
                pair.private_key_pem);
  SnapshotOptions options{.endpoints = {etcd.endpoint()}, .tls = {.ca = authority.pem()}};
  CHECK(ProblemOf(std::move(options)) == EtcdProblem::kOtherName);
  CHECK(etcd.asked.empty());
}

TEST_CASE("Snapshot TLS: an address of IPv6 and a name are taken in any spelling") {
  const emulator::CertificateAuthority authority("fake etcd authority");
  emulator::LeafRequest leaf;
  leaf.ip_sans = {"::1"};
  leaf.dns_sans = {"localhost"};
  const emulator::CertificateAndKey pair = authority.Issue(leaf);
  const auto empty = [](const auto&, etcdserverpb::RangeResponse& page) {
    page.mutable_header()->set_revision(7);
    return grpc::Status::OK;
  };
  FakeEtcd six(empty, pair.certificate_pem, pair.private_key_pem, "[::1]");
  FakeEtcd four(empty, pair.certificate_pem, pair.private_key_pem);
  const auto url = [](const std::string& host, const FakeEtcd& etcd) {
    return "https://" + host + ":" + std::to_string(etcd.endpoint().port);
  };
  for (const std::string& address :
       {url("[::1]", six), url("[0:0:0:0:0:0:0:1]", six), url("[0::0001]", six),
        url("localhost", four), url("LocalHost", four)}) {
    CAPTURE(address);
    SnapshotOptions options{.endpoints = {*Endpoint::Parse(address)},
                            .tls = {.ca = authority.pem()}};
    CHECK(ReaderOf(std::move(options)).Read("/registry/", 500, [](auto, auto) {}).has_value());
  }
}

TEST_CASE("Snapshot TLS: an expired certificate is not taken") {
  const emulator::CertificateAuthority authority("fake etcd authority");
  emulator::LeafRequest leaf;
  leaf.ip_sans = {"127.0.0.1"};
  leaf.not_before_offset = -7200;
  leaf.valid_seconds = -3600;
  const emulator::CertificateAndKey pair = authority.Issue(leaf);
  FakeEtcd etcd([](const auto&, auto&) { return grpc::Status::OK; }, pair.certificate_pem,
                pair.private_key_pem);
  SnapshotOptions options{.endpoints = {etcd.endpoint()}, .tls = {.ca = authority.pem()}};
  CHECK(ProblemOf(std::move(options)) == EtcdProblem::kUntrusted);
  CHECK(etcd.asked.empty());
}

TEST_CASE("Snapshot TLS: TLS where there is none and none where there is are told apart") {
  if (SkippedWithoutEtcd()) return;
  EtcdUnderTest plain;
  EtcdUnderTest tls(EtcdTransport::kTls);
  SnapshotOptions options = With(plain, plain.ca_file(), "", "");
  options.endpoints.front().tls = true;
  CHECK(ProblemOf(std::move(options)) == EtcdProblem::kNoTls);
  SnapshotOptions other = With(tls, tls.ca_file(), "", "");
  other.endpoints.front().tls = false;
  CHECK(ProblemOf(std::move(other)) == EtcdProblem::kNotEtcd);
}

TEST_CASE("Snapshot TLS: an endpoint that takes connections and says nothing is silent") {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  // The sockets API's own way of passing an address.
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  REQUIRE(bind(listener, any, size) == 0);
  REQUIRE(listen(listener, 4) == 0);
  REQUIRE(getsockname(listener, any, &size) == 0);
  CHECK(ProblemOf(
            {.endpoints = {{.tls = false, .host = "127.0.0.1", .port = ntohs(address.sin_port)}},
             .call_timeout = std::chrono::milliseconds(500)}) == EtcdProblem::kSilent);
  close(listener);
}

TEST_CASE("Snapshot TLS: files that are no certificates are refused before anything is asked") {
  const emulator::CertificateAuthority authority("etcd authority");
  emulator::LeafRequest leaf;
  leaf.client = true;
  const emulator::CertificateAndKey one = authority.Issue(leaf);
  const emulator::CertificateAndKey other = authority.Issue(leaf);
  const Endpoint endpoint{.tls = true, .host = "127.0.0.1", .port = 1};
  const auto make = [&](const std::string& ca, const std::string& certificate,
                        const std::string& key) {
    const auto made = SnapshotReader::Make(
        {.endpoints = {endpoint},
         .tls = {.ca = ca, .certificate = certificate, .key = core::Secret::Copy(key)}});
    return made ? std::optional<EtcdProblem>() : made.error();
  };
  CHECK(make(authority.pem(), one.certificate_pem, one.private_key_pem) == std::nullopt);
  CHECK(make("", "", "") == EtcdProblem::kBadCa);
  CHECK(make("no PEM", "", "") == EtcdProblem::kBadCa);
  CHECK(make(one.private_key_pem, "", "") == EtcdProblem::kBadCa);
  CHECK(make(authority.pem(), one.certificate_pem, other.private_key_pem) == EtcdProblem::kBadPair);
  CHECK(make(authority.pem(), one.private_key_pem, one.private_key_pem) == EtcdProblem::kBadPair);
  CHECK(make(authority.pem(), one.certificate_pem, "") == EtcdProblem::kBadPair);
}

}  // namespace
}  // namespace baokms::adapters::etcd
