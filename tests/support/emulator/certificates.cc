#include "tests/support/emulator/certificates.h"

#include <openssl/pem.h>

#include <stdexcept>
#include <utility>

#include "tests/support/emulator/encoding.h"

namespace baokms::emulator {
namespace {

SharedX509 NewCertificate() {
  SharedX509 certificate(X509_new(), X509_free);
  X509_set_version(certificate.get(), X509_VERSION_3);
  std::string serial = RandomBytes(16);
  serial[0] = static_cast<char>(serial[0] & 0x7f);
  BIGNUM* number = BN_bin2bn(reinterpret_cast<const unsigned char*>(serial.data()),
                             static_cast<int>(serial.size()), nullptr);
  BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate.get()));
  BN_free(number);
  return certificate;
}

void SetCommonName(X509* certificate, const std::string& name) {
  if (name.empty()) return;
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.data()),
                             static_cast<int>(name.size()), -1, 0);
}

void AddExtension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  if (extension == nullptr) throw std::runtime_error("bad certificate extension: " + value);
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

std::string Pem(X509* certificate) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  PEM_write_bio_X509(bio.get(), certificate);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string SanText(const LeafRequest& request) {
  std::string text;
  const auto append = [&text](const char* kind, const std::vector<std::string>& names) {
    for (const std::string& name : names) {
      if (!text.empty()) text += ",";
      text += kind + name;
    }
  };
  append("DNS:", request.dns_sans);
  append("URI:", request.uri_sans);
  append("IP:", request.ip_sans);
  return text;
}

std::string Asn1Text(const ASN1_STRING* text) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
          static_cast<std::size_t>(ASN1_STRING_length(text))};
}

std::vector<std::string> NameEntries(X509* certificate, int nid) {
  std::vector<std::string> values;
  X509_NAME* name = X509_get_subject_name(certificate);
  for (int at = -1; (at = X509_NAME_get_index_by_NID(name, nid, at)) >= 0;) {
    values.push_back(Asn1Text(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at))));
  }
  return values;
}

}  // namespace

CertificateAuthority::CertificateAuthority(const std::string& common_name)
    : key_(GenerateSigningKey(SigningKeyKind::kEcP256)), certificate_(NewCertificate()) {
  X509* certificate = certificate_.get();
  X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
  X509_gmtime_adj(X509_getm_notAfter(certificate), 365 * 86400L);
  SetCommonName(certificate, common_name);
  X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
  X509_set_pubkey(certificate, key_.get());
  AddExtension(certificate, certificate, NID_basic_constraints, "critical,CA:TRUE");
  AddExtension(certificate, certificate, NID_key_usage, "critical,keyCertSign,cRLSign");
  AddExtension(certificate, certificate, NID_subject_key_identifier, "hash");
  X509_sign(certificate, key_.get(), EVP_sha256());
  pem_ = Pem(certificate);
}

CertificateAndKey CertificateAuthority::Issue(const LeafRequest& request) const {
  const SharedPkey key = request.key ? request.key : GenerateSigningKey(request.key_kind);
  const SharedX509 leaf = NewCertificate();
  X509_gmtime_adj(X509_getm_notBefore(leaf.get()), static_cast<long>(request.not_before_offset));
  X509_gmtime_adj(X509_getm_notAfter(leaf.get()), static_cast<long>(request.valid_seconds));
  SetCommonName(leaf.get(), request.common_name);
  X509_set_issuer_name(leaf.get(), X509_get_subject_name(certificate_.get()));
  X509_set_pubkey(leaf.get(), key.get());
  X509* issuer = certificate_.get();
  AddExtension(leaf.get(), issuer, NID_basic_constraints,
               request.authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
  AddExtension(leaf.get(), issuer, NID_key_usage, "critical,digitalSignature");
  AddExtension(leaf.get(), issuer, NID_ext_key_usage, request.client ? "clientAuth" : "serverAuth");
  AddExtension(leaf.get(), issuer, NID_subject_key_identifier, "hash");
  AddExtension(leaf.get(), issuer, NID_authority_key_identifier, "keyid");
  const std::string sans = SanText(request);
  if (!sans.empty()) AddExtension(leaf.get(), issuer, NID_subject_alt_name, sans);
  X509_sign(leaf.get(), key_.get(), EVP_sha256());
  return {Pem(leaf.get()), PrivateKeyPem(key.get())};
}

std::vector<SharedX509> ReadCertificates(std::string_view pem) {
  std::vector<SharedX509> certificates;
  const BioPtr bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  while (X509* certificate = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    certificates.emplace_back(certificate, X509_free);
  }
  return certificates;
}

std::string CommonName(X509* certificate) {
  const auto names = NameEntries(certificate, NID_commonName);
  return names.empty() ? std::string() : names.back();
}

std::vector<std::string> OrganizationalUnits(X509* certificate) {
  return NameEntries(certificate, NID_organizationalUnitName);
}

std::vector<std::string> SubjectAltNames(X509* certificate, SanKind kind) {
  const int wanted = kind == SanKind::kDns ? GEN_DNS : kind == SanKind::kUri ? GEN_URI : GEN_EMAIL;
  std::vector<std::string> names;
  auto* all = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(all); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(all, i);
    if (name->type == wanted) names.push_back(Asn1Text(name->d.ia5));
  }
  GENERAL_NAMES_free(all);
  return names;
}

std::string CertificateDer(X509* certificate) {
  unsigned char* der = nullptr;
  const int length = i2d_X509(certificate, &der);
  std::string out(reinterpret_cast<char*>(der), static_cast<std::size_t>(length));
  OPENSSL_free(der);
  return out;
}

std::string SerialDecimal(X509* certificate) {
  BIGNUM* number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr);
  char* digits = BN_bn2dec(number);
  std::string out = digits;
  OPENSSL_free(digits);
  BN_free(number);
  return out;
}

}  // namespace baokms::emulator
