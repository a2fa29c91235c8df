#include "adapters/certauth_pkcs11/certificate_file.h"

#include <doctest/doctest.h>

#include "tests/support/emulator/certificates.h"

namespace baokms::adapters::certauth_pkcs11 {
namespace {

std::string Issue(const std::string& name) {
  emulator::LeafRequest request;
  request.common_name = name;
  return emulator::CertificateAuthority("authority").Issue(request).certificate_pem;
}

const std::string& Leaf() {
  static const std::string pem = Issue("node");
  return pem;
}

void CheckProblem(const std::string& pem, Pkcs11Problem problem) {
  const auto chain = ParseCertificateFile(pem);
  REQUIRE(!chain.has_value());
  CHECK(std::get<Pkcs11Problem>(chain.error()) == problem);
}

TEST_CASE("Certificate file: blocks come out in order as DER") {
  const std::string other = Issue("other");
  const auto chain = ParseCertificateFile("what openssl writes above\n" + Leaf() + "\n" + other);
  REQUIRE(chain.has_value());
  const auto der = [](const std::string& pem) {
    return emulator::CertificateDer(emulator::ReadCertificates(pem).at(0).get());
  };
  CHECK(*chain == std::vector{der(Leaf()), der(other)});
}

TEST_CASE("Certificate file: without a block there is no certificate") {
  for (const std::string text : {"", "\n", "hello\n"})
    CheckProblem(text, Pkcs11Problem::kNoCertificate);
}

TEST_CASE("Certificate file: private keys of every kind are refused before or behind the leaf") {
  for (const std::string kind :
       {"PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY"}) {
    const std::string key = "-----BEGIN " + kind + "-----\nAAAA\n-----END " + kind + "-----\n";
    CheckProblem(Leaf() + key, Pkcs11Problem::kPrivateKeyInFile);
    CheckProblem(key + Leaf(), Pkcs11Problem::kPrivateKeyInFile);
  }
}

TEST_CASE("Certificate file: other and damaged blocks are refused") {
  for (const std::string kind : {"PUBLIC KEY", "TRUSTED CERTIFICATE", "X509 CRL"}) {
    CheckProblem(Leaf() + "-----BEGIN " + kind + "-----\nAAAA\n-----END " + kind + "-----\n",
                 Pkcs11Problem::kForeignBlock);
  }
  CheckProblem(Leaf() + "-----BEGIN CERTIFICATE-----\n***\n-----END CERTIFICATE-----\n",
               Pkcs11Problem::kForeignBlock);
  // Cut inside the second block.
  for (std::size_t cut = Leaf().size() + 30; cut < 2 * Leaf().size() - 2; cut += 7) {
    CheckProblem((Leaf() + Leaf()).substr(0, cut), Pkcs11Problem::kForeignBlock);
  }
}

}  // namespace
}  // namespace baokms::adapters::certauth_pkcs11
