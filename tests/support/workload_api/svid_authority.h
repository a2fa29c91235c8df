// The authority of a trust domain: X.509-SVIDs and JWT-SVIDs as a SPIFFE server issues them, and as
// none should.
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/emulator/certificates.h"
#include "tests/support/emulator/jwt.h"

namespace baokms::testing {

// One entry of an X509SVIDResponse.
struct X509SvidEntry {
  std::string spiffe_id;
  std::string chain_der;
  std::string key_der;  // PKCS#8
  std::string bundle_der;
  std::string hint = {};
};

// One entry of a JWTSVIDResponse.
struct JwtSvidEntry {
  std::string spiffe_id;
  std::string svid;
};

// (trust domain, its authorities) of a message's federated bundles.
using FederatedBundles = std::vector<std::pair<std::string, std::string>>;

std::string X509Message(const std::vector<X509SvidEntry>& entries,
                        const FederatedBundles& federated = {});
std::string JwtMessage(const std::vector<JwtSvidEntry>& entries);

class SvidAuthority {
 public:
  explicit SvidAuthority(const std::string& trust_domain);

  const std::string& pem() const { return authority_.pem(); }
  std::string bundle_der() const;
  std::string jwt_key_pem() const { return emulator::PublicKeyPem(jwt_key_.get()); }

  // A client certificate that names the SPIFFE ID by URI, unless `leaf` has URIs of its own.
  X509SvidEntry Issue(const std::string& spiffe_id, emulator::LeafRequest leaf = {}) const;
  std::string IssueJwt(const std::string& spiffe_id, const std::string& audience,
                       std::chrono::seconds valid = std::chrono::minutes(5)) const;

 private:
  emulator::CertificateAuthority authority_;
  emulator::SharedPkey jwt_key_;
};

}  // namespace baokms::testing
