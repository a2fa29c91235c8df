#include "tests/adapters/transit_http/test_pki.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <stdexcept>

namespace baokms::tests {
namespace {

std::atomic<long> next_serial{1};

void Require(bool ok) {
  if (!ok) throw std::runtime_error("OpenSSL refused to make a test certificate");
}

std::string Drain(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string text(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  return text;
}

void AddExtension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  Require(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

template <typename T, typename Read>
T* FromPem(const std::string& pem, Read read) {
  BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  T* object = read(bio, nullptr, nullptr, nullptr);
  BIO_free(bio);
  Require(object != nullptr);
  return object;
}

Identity Make(const std::string& name, const Identity* authority,
              const std::vector<std::string>& names, Validity validity = {},
              const char* extended_key_usage = nullptr) {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  Require(key != nullptr);
  X509* certificate = X509_new();
  X509_set_version(certificate, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), next_serial++);
  X509_gmtime_adj(X509_getm_notBefore(certificate), validity.not_before);
  X509_gmtime_adj(X509_getm_notAfter(certificate), validity.not_after);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_pubkey(certificate, key);
  X509* issuer = certificate;
  EVP_PKEY* issuer_key = key;
  if (authority != nullptr) {
    issuer = FromPem<X509>(authority->certificate_pem, PEM_read_bio_X509);
    issuer_key = FromPem<EVP_PKEY>(authority->key_pem, PEM_read_bio_PrivateKey);
  }
  X509_set_issuer_name(certificate, X509_get_subject_name(issuer));
  if (authority == nullptr) {
    AddExtension(certificate, issuer, NID_basic_constraints, "critical,CA:TRUE");
  } else {
    std::string joined;
    for (const std::string& one : names) joined += (joined.empty() ? "" : ",") + one;
    AddExtension(certificate, issuer, NID_subject_alt_name, joined);
    if (extended_key_usage != nullptr) {
      AddExtension(certificate, issuer, NID_ext_key_usage, extended_key_usage);
    }
  }
  Require(X509_sign(certificate, issuer_key, EVP_sha256()) > 0);

  Identity identity;
  BIO* out = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(out, certificate);
  identity.certificate_pem = Drain(out);
  out = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr);
  identity.key_pem = Drain(out);
  if (authority != nullptr) {
    X509_free(issuer);
    EVP_PKEY_free(issuer_key);
  }
  X509_free(certificate);
  EVP_PKEY_free(key);
  return identity;
}

}  // namespace

Identity MakeAuthority(const std::string& name) { return Make(name, nullptr, {}); }

Identity IssueServer(const Identity& authority, const std::vector<std::string>& names,
                     Validity validity) {
  return Make("server", &authority, names, validity);
}

Identity IssueForClients(const Identity& authority, const std::vector<std::string>& names) {
  return Make("client", &authority, names, {}, "clientAuth");
}

}  // namespace baokms::tests
