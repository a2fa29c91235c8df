#include "tests/support/workload_api/svid_authority.h"

#include <openssl/x509.h>

#include <ctime>

#include "adapters/spiffe/workload.pb.h"

namespace baokms::testing {
namespace {

std::string Der(const std::string& certificate_pem) {
  std::string der;
  for (const auto& certificate : emulator::ReadCertificates(certificate_pem)) {
    der += emulator::CertificateDer(certificate.get());
  }
  return der;
}

std::string Pkcs8Der(EVP_PKEY* key) {
  PKCS8_PRIV_KEY_INFO* info = EVP_PKEY2PKCS8(key);
  unsigned char* der = nullptr;
  const int length = i2d_PKCS8_PRIV_KEY_INFO(info, &der);
  // The same bytes as text.
  std::string out(reinterpret_cast<char*>(der), static_cast<std::size_t>(length));
  OPENSSL_free(der);
  PKCS8_PRIV_KEY_INFO_free(info);
  return out;
}

}  // namespace

std::string X509Message(const std::vector<X509SvidEntry>& entries,
                        const FederatedBundles& federated) {
  X509SVIDResponse response;
  for (const X509SvidEntry& entry : entries) {
    X509SVID& svid = *response.add_svids();
    svid.set_spiffe_id(entry.spiffe_id);
    svid.set_x509_svid(entry.chain_der);
    svid.set_x509_svid_key(entry.key_der);
    svid.set_bundle(entry.bundle_der);
    svid.set_hint(entry.hint);
  }
  for (const auto& [domain, bundle] : federated) {
    BundleEntry& other = *response.add_federated_bundles();
    other.set_key("spiffe://" + domain);
    other.set_value(bundle);
  }
  return response.SerializeAsString();
}

std::string JwtMessage(const std::vector<JwtSvidEntry>& entries) {
  JWTSVIDResponse response;
  for (const JwtSvidEntry& entry : entries) {
    JWTSVID& svid = *response.add_svids();
    svid.set_spiffe_id(entry.spiffe_id);
    svid.set_svid(entry.svid);
  }
  return response.SerializeAsString();
}

SvidAuthority::SvidAuthority(const std::string& trust_domain)
    : authority_("authority of " + trust_domain),
      jwt_key_(emulator::GenerateSigningKey(emulator::SigningKeyKind::kEcP256)) {}

std::string SvidAuthority::bundle_der() const { return Der(authority_.pem()); }

X509SvidEntry SvidAuthority::Issue(const std::string& spiffe_id, emulator::LeafRequest leaf) const {
  leaf.client = true;
  if (leaf.uri_sans.empty()) leaf.uri_sans = {spiffe_id};
  const emulator::CertificateAndKey pair = authority_.Issue(leaf);
  return {.spiffe_id = spiffe_id,
          .chain_der = Der(pair.certificate_pem),
          .key_der = Pkcs8Der(emulator::ReadPrivateKey(pair.private_key_pem).get()),
          .bundle_der = bundle_der()};
}

std::string SvidAuthority::IssueJwt(const std::string& spiffe_id, const std::string& audience,
                                    std::chrono::seconds valid) const {
  const std::int64_t now = std::time(nullptr);
  return emulator::MintJwt(
      jwt_key_.get(),
      {{"sub", spiffe_id}, {"aud", {audience}}, {"iat", now}, {"exp", now + valid.count()}});
}

}  // namespace baokms::testing
