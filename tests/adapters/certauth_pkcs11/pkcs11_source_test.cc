// auth.md, "Certificates": a token's key with its certificate, and everything that may be wrong
// with them.
#include "adapters/certauth_pkcs11/pkcs11_source.h"

#include <doctest/doctest.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <sys/stat.h>

#include <ctime>
#include <thread>

#include "adapters/cert/cert_login_source.h"
#include "tests/adapters/certauth_pkcs11/token_bench.h"

namespace baokms::adapters::certauth_pkcs11 {
namespace {

void CheckRefused(const ports::IdentityResult& identity, core::LoginStatus status,
                  std::string_view advice_begins) {
  REQUIRE(!identity.has_value());
  CHECK(identity.error().status == status);
  CHECK(identity.error().error.error_class() == core::ErrorClass::kAuthFailed);
  CHECK_MESSAGE(identity.error().advice.starts_with(advice_begins), identity.error().advice);
}
constexpr auto kNoSession = core::LoginStatus::kNoUsableSession;
constexpr auto kCertInvalid = core::LoginStatus::kCertInvalid;

const cert::CertLoginOptions kLogin{.source = core::CertSource::kPkcs11,
                                    .mount_path = "auth/cert",
                                    .name = "",
                                    .expected = {.clock_skew_leeway = std::chrono::seconds(30),
                                                 .min_remaining_ttl = std::chrono::hours(24)}};

void CheckSigns(const core::ClientIdentity& identity) {
  CHECK(cert::CheckIdentity(kLogin, identity, std::time(nullptr)).has_value());
  CHECK(cert::ProbeSigner(kLogin, identity).has_value());
}

TEST_CASE("PKCS#11 source: keys of every kind sign and fit their certificate") {
  for (const KeyKind kind :
       {KeyKind::kRsa2048, KeyKind::kRsa4096, KeyKind::kP256, KeyKind::kP384}) {
    const TokenBench bench(kind);
    const auto source = bench.Source();
    const auto identity = Acquire(*source);
    REQUIRE(identity.has_value());
    CHECK((*identity)->chain_der.size() == 1);
    CheckSigns(**identity);
  }
}

TEST_CASE("PKCS#11 source: a private key never leaves the token") {
  const TokenBench bench;
  const auto source = bench.Source();
  const auto identity = Acquire(*source);
  REQUIRE(identity.has_value());
  unsigned char* der = nullptr;
  CHECK(i2d_PrivateKey((*identity)->key.get(), &der) <= 0);
}

TEST_CASE("PKCS#11 source: an identity of an earlier acquisition still signs") {
  const TokenBench bench;
  const auto source = bench.Source();
  const auto first = Acquire(*source, std::chrono::milliseconds(500));
  REQUIRE(first.has_value());
  std::this_thread::sleep_for(std::chrono::milliseconds(600));
  CHECK(!cert::ProbeSigner(kLogin, **first).has_value());  // past its deadline
  REQUIRE(Acquire(*source).has_value());
  CheckSigns(**first);
}

TEST_CASE("PKCS#11 source: a key that outlives its source signs no more") {
  const TokenBench bench;
  auto source = bench.Source();
  const auto identity = Acquire(*source);
  REQUIRE(identity.has_value());
  source.reset();
  CHECK(!cert::ProbeSigner(kLogin, **identity).has_value());
}

TEST_CASE("PKCS#11 source: a module that is none is named") {
  const TokenBench bench;
  for (const std::string path :
       {"/nowhere/module.so", "/etc/hostname", "/lib/x86_64-linux-gnu/libm.so.6"}) {
    const auto source = bench.Source(path);
    CheckRefused(Acquire(*source), kNoSession, "auth.cert.pkcs11.modulePath:");
  }
}

TEST_CASE("PKCS#11 source: a label that no token has is named") {
  const TokenBench bench;
  Pkcs11Options options = bench.Options();
  options.token.token.label = "toke";
  CheckRefused(Acquire(*bench.Source(options)), kNoSession,
               "auth.cert.pkcs11.tokenLabel: no token");
}

TEST_CASE("PKCS#11 source: two tokens with the label are refused and neither gets the PIN") {
  const TokenBench bench;
  bench.hsm.MakeToken(kToken, "another-pin");
  CheckRefused(Acquire(*bench.Source()), kNoSession, "auth.cert.pkcs11.tokenLabel: more than one");
}

TEST_CASE("PKCS#11 source: the serial number tells two tokens with one label apart") {
  const TokenBench bench;
  const std::string own = bench.hsm.SerialsOfTokens(kToken).at(0);
  bench.hsm.MakeToken(kToken, "another-pin");
  Pkcs11Options options = bench.Options();
  options.token.token.serial = own;
  for (const char* label : {kToken, ""}) {
    options.token.token.label = label;
    const auto source = bench.Source(options);
    const auto identity = Acquire(*source);
    REQUIRE(identity.has_value());
    CheckSigns(**identity);
    REQUIRE(Acquire(*source).has_value());  // the open token is still that one
  }
  options.token.token.label = "another label";
  CheckRefused(Acquire(*bench.Source(options)), kNoSession,
               "auth.cert.pkcs11.tokenLabel: no token");
  options.token.token.label = kToken;
  for (const std::string& other : {own.substr(1), own + "0", std::string("0")}) {
    options.token.token.serial = other;
    CheckRefused(Acquire(*bench.Source(options)), kNoSession,
                 "auth.cert.pkcs11.tokenLabel: no token");
  }
}

TEST_CASE("PKCS#11 source: an EC key without its public object takes it from the certificate") {
  for (const KeyKind kind : {KeyKind::kP256, KeyKind::kP384}) {
    const TokenBench bench(kind);
    bench.hsm.RemovePublicKey(kToken, kPin, kKey);
    const auto source = bench.Source();
    const auto identity = Acquire(*source);
    REQUIRE(identity.has_value());
    CheckSigns(**identity);
  }
}

TEST_CASE("PKCS#11 source: another certificate beside a key without public object is noticed") {
  TokenBench bench;
  bench.hsm.ImportKey(kToken, kPin, "other", GenerateKey(KeyKind::kP256).get());
  bench.hsm.RemovePublicKey(kToken, kPin, "other");
  Pkcs11Options options = bench.Options();
  options.token.key_label = "other";
  const auto source = bench.Source(options);
  const auto identity = Acquire(*source);
  REQUIRE(identity.has_value());
  const auto signs = cert::ProbeSigner(kLogin, **identity);
  REQUIRE(!signs.has_value());
  CHECK(signs.error().status == kCertInvalid);
  CHECK(signs.error().advice.contains("certificateFile"));
}

TEST_CASE("PKCS#11 source: a damaged certificate beside such a key is refused") {
  const TokenBench bench;
  bench.hsm.RemovePublicKey(kToken, kPin, kKey);
  bench.WriteCertificate("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n");
  CheckRefused(Acquire(*bench.Source()), kCertInvalid,
               "auth.cert.pkcs11.certificateFile: the file has a block that is damaged");
}

TEST_CASE("PKCS#11 source: a label that no private key has is named") {
  const TokenBench bench;
  Pkcs11Options options = bench.Options();
  options.token.key_label = "login";
  CheckRefused(Acquire(*bench.Source(options)), kNoSession,
               "auth.cert.pkcs11.keyLabel: the token has no");
}

TEST_CASE("PKCS#11 source: two private keys with the label are refused") {
  TokenBench bench;
  bench.hsm.ImportKey(kToken, kPin, kKey, GenerateKey(KeyKind::kP256).get());
  CheckRefused(Acquire(*bench.Source()), kNoSession,
               "auth.cert.pkcs11.keyLabel: the token has more than one");
}

TEST_CASE("PKCS#11 source: the key of another certificate fails the check") {
  TokenBench bench;
  bench.hsm.ImportKey(kToken, kPin, "other", GenerateKey(KeyKind::kP256).get());
  Pkcs11Options options = bench.Options();
  options.token.key_label = "other";
  const auto source = bench.Source(options);
  const auto identity = Acquire(*source);
  REQUIRE(identity.has_value());
  const auto facts = cert::CheckIdentity(kLogin, **identity, std::time(nullptr));
  REQUIRE(!facts.has_value());
  CHECK(facts.error().status == kCertInvalid);
  CHECK(facts.error().advice.starts_with(
      "auth.cert.pkcs11.certificateFile: the certificate does not match the key"));
}

TEST_CASE("PKCS#11 source: the certificate file is read anew each time") {
  const TokenBench bench;
  const auto source = bench.Source();
  REQUIRE(Acquire(*source).has_value());
  emulator::LeafRequest request;
  request.common_name = "another";
  request.client = true;
  request.key = bench.key;
  bench.WriteCertificate(bench.authority.Issue(request).certificate_pem + bench.authority.pem());
  const auto identity = Acquire(*source);
  REQUIRE(identity.has_value());
  CHECK((*identity)->chain_der.size() == 2);
  CheckSigns(**identity);
}

TEST_CASE("PKCS#11 source: a file with a private key is refused with words of its own") {
  const TokenBench bench;
  bench.WriteCertificate(bench.certificate_pem + emulator::PrivateKeyPem(bench.key.get()));
  CheckRefused(Acquire(*bench.Source()), kCertInvalid,
               "auth.cert.pkcs11.certificateFile: the file contains a private key");
}

TEST_CASE("PKCS#11 source: files against the rules are named by field and reason") {
  const TokenBench bench;
  chmod(bench.directory.File("pin").c_str(), 0604);
  CheckRefused(Acquire(*bench.Source()), kNoSession,
               "auth.cert.pkcs11.pinFile: unsafe_permissions");
  bench.WritePin(std::string(4097, '1'));
  CheckRefused(Acquire(*bench.Source()), kNoSession, "auth.cert.pkcs11.pinFile: file_too_large");
  for (const std::string content : {"", "\n", "\r\n", "1234\n5678\n", "1234\r5678"}) {
    bench.WritePin(content);
    CheckRefused(Acquire(*bench.Source()), kNoSession, "auth.cert.pkcs11.pinFile: invalid_content");
  }
  chmod(bench.directory.File("chain.pem").c_str(), 0604);
  CheckRefused(Acquire(*bench.Source()), kCertInvalid,
               "auth.cert.pkcs11.certificateFile: unsafe_permissions");
}

TEST_CASE("PKCS#11 source: a token that was pulled is named and found again") {
  const TokenBench bench;
  const auto source = bench.Source();
  REQUIRE(Acquire(*source).has_value());
  bench.hsm.PullTokens();
  CheckRefused(Acquire(*source), kNoSession, "auth.cert.pkcs11.tokenLabel: no token");
  bench.hsm.InsertTokens();
  const auto again = Acquire(*source);
  REQUIRE(again.has_value());
  CheckSigns(**again);
}

TEST_CASE("PKCS#11 source: an open token needs no PIN file") {
  const TokenBench bench;
  const auto source = bench.Source();
  REQUIRE(Acquire(*source).has_value());
  bench.WritePin("");
  CHECK(Acquire(*source).has_value());
}

}  // namespace
}  // namespace baokms::adapters::certauth_pkcs11
