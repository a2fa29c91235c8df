// X.509: a small certificate authority for server and client certificates, and reading names.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/emulator/jwt.h"
#include "tests/support/emulator/openssl_ptr.h"

namespace baokms::emulator {

struct LeafRequest {
  std::string common_name;  // empty: a subject without one
  std::vector<std::string> dns_sans;
  std::vector<std::string> uri_sans;
  std::vector<std::string> ip_sans;
  bool client = false;     // extended key usage clientAuth instead of serverAuth
  bool authority = false;  // one that may sign certificates, which no leaf should
  std::int64_t not_before_offset = -300;
  std::int64_t valid_seconds = 30 * 86400;
  SigningKeyKind key_kind = SigningKeyKind::kEcP256;
  SharedPkey key;  // the leaf's, when it is not to be a new one
};

struct CertificateAndKey {
  std::string certificate_pem;
  std::string private_key_pem;
};

class CertificateAuthority {
 public:
  explicit CertificateAuthority(const std::string& common_name);

  CertificateAndKey Issue(const LeafRequest& request) const;
  const std::string& pem() const { return pem_; }

 private:
  SharedPkey key_;
  SharedX509 certificate_;
  std::string pem_;
};

// Every certificate of a PEM text, in order.
std::vector<SharedX509> ReadCertificates(std::string_view pem);

std::string CommonName(X509* certificate);
enum class SanKind { kDns, kUri, kEmail };
std::vector<std::string> SubjectAltNames(X509* certificate, SanKind kind);
std::vector<std::string> OrganizationalUnits(X509* certificate);
std::string CertificateDer(X509* certificate);
std::string SerialDecimal(X509* certificate);

}  // namespace baokms::emulator
