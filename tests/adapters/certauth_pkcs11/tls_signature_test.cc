// What a TLS handshake asks of the token, seen by pkcs11-spy between libp11 and SoftHSM2.
#include <doctest/doctest.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <p11-kit/pkcs11.h>

#include <sstream>

#include "adapters/cert/cert_login_source.h"
#include "adapters/certauth_pkcs11/pkcs11_source.h"
#include "adapters/openssl/client_signatures.h"
#include "tests/adapters/certauth_pkcs11/token_bench.h"
#include "tests/support/pkcs11/troubled_module.h"

#ifdef __SANITIZE_ADDRESS__
// The spy keeps 16 bytes of its own.
// NOLINTNEXTLINE(bugprone-reserved-identifier): the name that LeakSanitizer looks for
extern "C" const char* __lsan_default_suppressions() { return "leak:pkcs11-spy.so\n"; }
#endif

namespace baokms::adapters::certauth_pkcs11 {
namespace {

using SslCtxPtr = std::unique_ptr<SSL_CTX, emulator::OpensslDeleter<SSL_CTX_free>>;

// A server and a client in memory; true when both finished and the server saw the leaf.
bool Handshake(const core::ClientIdentity& identity, int version, const char* signatures) {
  emulator::LeafRequest server_leaf;
  server_leaf.common_name = "server";
  const emulator::CertificateAndKey server_pair =
      emulator::CertificateAuthority("server authority").Issue(server_leaf);
  const SslCtxPtr server_context(SSL_CTX_new(TLS_server_method()));
  const auto server_certificate = emulator::ReadCertificates(server_pair.certificate_pem).at(0);
  SSL_CTX_use_certificate(server_context.get(), server_certificate.get());
  SSL_CTX_use_PrivateKey(server_context.get(),
                         emulator::ReadPrivateKey(server_pair.private_key_pem).get());
  SSL_CTX_set_min_proto_version(server_context.get(), version);
  SSL_CTX_set_max_proto_version(server_context.get(), version);
  SSL_CTX_set_verify(server_context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                     [](int /*ok*/, X509_STORE_CTX* /*store*/) { return 1; });
  if (signatures != nullptr) {
    REQUIRE(SSL_CTX_set1_client_sigalgs_list(server_context.get(), signatures) == 1);
  }
  const SslCtxPtr client_context(SSL_CTX_new(TLS_client_method()));
  // OpenSSL reads bytes as unsigned char.
  const auto* leaf = reinterpret_cast<const unsigned char*>(identity.chain_der.front().data());
  const emulator::X509Ptr certificate(
      d2i_X509(nullptr, &leaf, static_cast<long>(identity.chain_der.front().size())));
  REQUIRE(SSL_CTX_use_certificate(client_context.get(), certificate.get()) == 1);
  REQUIRE(SSL_CTX_use_PrivateKey(client_context.get(), identity.key.get()) == 1);
  REQUIRE(openssl::LimitClientSignatures(client_context.get(), identity));

  const emulator::SslPtr server(SSL_new(server_context.get()));
  const emulator::SslPtr client(SSL_new(client_context.get()));
  BIO* server_bio = nullptr;
  BIO* client_bio = nullptr;
  BIO_new_bio_pair(&server_bio, 0, &client_bio, 0);
  SSL_set_bio(server.get(), server_bio, server_bio);
  SSL_set_bio(client.get(), client_bio, client_bio);
  SSL_set_accept_state(server.get());
  SSL_set_connect_state(client.get());
  int client_done = 0;
  int server_done = 0;
  for (int turn = 0; turn < 20 && (client_done != 1 || server_done != 1); ++turn) {
    client_done = SSL_do_handshake(client.get());
    server_done = SSL_do_handshake(server.get());
  }
  const emulator::X509Ptr seen(SSL_get1_peer_certificate(server.get()));
  return client_done == 1 && server_done == 1 && seen &&
         X509_cmp(seen.get(), certificate.get()) == 0;
}

// The mechanisms of C_SignInit, in order.
std::vector<std::string> Mechanisms(const std::string& spy_log) {
  std::istringstream log(spy_log);
  std::vector<std::string> mechanisms;
  bool signing = false;
  for (std::string line; std::getline(log, line);) {
    if (line.find("C_SignInit") != std::string::npos) signing = true;
    const std::size_t type = line.find("CKM_");
    if (signing && type != std::string::npos) {
      mechanisms.push_back(line.substr(type, line.find_first_of(" \r", type) - type));
      signing = false;
    }
  }
  return mechanisms;
}

// The spy opens its log once a process.
std::string SpyLog() {
  static const testing::TempDirectory directory;
  return directory.File("spy.log");
}

struct Expected {
  KeyKind kind;
  int version;
  const char* signatures;  // that the server accepts; null: its own choice
  std::string mechanism;
};

void CheckMechanism(const Expected& expected) {
  const std::string log = SpyLog();
  const std::size_t before = testing::ReadWholeFile(log).size();
  const TokenBench bench(expected.kind);
  const auto source = bench.Source(testing::SoftHsm::SpyModule(log));
  const auto identity = Acquire(*source);
  REQUIRE(identity.has_value());
  CHECK(Handshake(**identity, expected.version, expected.signatures));
  const auto mechanisms = Mechanisms(testing::ReadWholeFile(log).substr(before));
  REQUIRE(mechanisms.size() == 1);
  CHECK(mechanisms.front() == expected.mechanism);
}

TEST_CASE("TLS signature: RSA goes out as PSS in TLS 1.3") {
  CheckMechanism({KeyKind::kRsa2048, TLS1_3_VERSION, nullptr, "CKM_RSA_PKCS_PSS"});
  CheckMechanism({KeyKind::kRsa4096, TLS1_3_VERSION, nullptr, "CKM_RSA_PKCS_PSS"});
}

TEST_CASE("TLS signature: RSA goes out as PSS or as PKCS#1 in TLS 1.2 as the server wants it") {
  CheckMechanism({KeyKind::kRsa2048, TLS1_2_VERSION, nullptr, "CKM_RSA_PKCS_PSS"});
  CheckMechanism({KeyKind::kRsa2048, TLS1_2_VERSION, "RSA+SHA256", "CKM_RSA_PKCS"});
  CheckMechanism({KeyKind::kRsa4096, TLS1_2_VERSION, "RSA+SHA512", "CKM_RSA_PKCS"});
}

// A key with CKA_ALLOWED_MECHANISMS, its probe signature and a handshake of each version.
struct Restricted {
  explicit Restricted(const std::string& allowed) {
    bench.hsm.ImportKeyFor(allowed, kToken, kPin, "old key", bench.key.get());
    Pkcs11Options options = bench.Options(testing::SoftHsm::SpyModule(log));
    options.token.key_label = "old key";
    source = bench.Source(options);
    const auto acquired = Acquire(*source);
    REQUIRE(acquired.has_value());
    identity = *acquired;
  }
  std::vector<std::string> Asked() const {
    return Mechanisms(testing::ReadWholeFile(log).substr(before));
  }

  const std::string log = SpyLog();
  const std::size_t before = testing::ReadWholeFile(log).size();
  TokenBench bench{KeyKind::kRsa2048};
  std::unique_ptr<Pkcs11Source> source;
  core::ClientIdentityRef identity;
};

TEST_CASE("TLS signature: an RSA key that signs PKCS#1 alone logs in over TLS 1.2 as servers are") {
  const Restricted key("RSA-PKCS");
  CHECK_FALSE(key.identity->rsa_pss);
  CHECK(cert::ProbeSigner({}, *key.identity).has_value());
  CHECK(Handshake(*key.identity, TLS1_2_VERSION, nullptr));  // which has PSS before PKCS#1
  CHECK(key.Asked() == std::vector<std::string>{"CKM_RSA_PKCS", "CKM_RSA_PKCS"});
  CHECK_FALSE(Handshake(*key.identity, TLS1_3_VERSION, nullptr));  // which has no PKCS#1
}

TEST_CASE("TLS signature: the same where the whole token knows nothing else") {
  const TokenBench bench(KeyKind::kRsa2048);
  const testing::TroubledModule module;
  module.KnowOnly(CKM_RSA_PKCS);
  const auto source = bench.Source(testing::TroubledModule::Module());
  const auto identity = Acquire(*source);
  REQUIRE(identity.has_value());
  CHECK_FALSE((*identity)->rsa_pss);
  CHECK(cert::ProbeSigner({}, **identity).has_value());
  CHECK(Handshake(**identity, TLS1_2_VERSION, nullptr));
  CHECK_FALSE(Handshake(**identity, TLS1_3_VERSION, nullptr));
}

TEST_CASE("TLS signature: without PSS the bare RSA operation serves TLS 1.3, where there is one") {
  const Restricted key("RSA-PKCS,RSA-X-509");
  CHECK(key.identity->rsa_pss);
  CHECK(cert::ProbeSigner({}, *key.identity).has_value());
  CHECK(Handshake(*key.identity, TLS1_3_VERSION, nullptr));
  CHECK(key.Asked().back() == "CKM_RSA_X_509");
}

TEST_CASE("TLS signature: EC keys sign in TLS 1.2 and 1.3") {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    CheckMechanism({KeyKind::kP256, version, nullptr, "CKM_ECDSA"});
    CheckMechanism({KeyKind::kP384, version, nullptr, "CKM_ECDSA"});
  }
}

}  // namespace
}  // namespace baokms::adapters::certauth_pkcs11
