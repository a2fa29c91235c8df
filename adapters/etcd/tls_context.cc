#include "adapters/etcd/tls_context.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <string_view>

namespace baokms::adapters::etcd {
namespace {

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
};
using Bio = std::unique_ptr<BIO, Free>;
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Certificate = std::unique_ptr<X509, Free>;

Bio Reading(std::string_view pem) {
  return Bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

// An encrypted key has no password here, and nobody is asked for one.
int NoPassword(char*, int, int, void*) { return 0; }

Certificate NextCertificate(BIO* pem) {
  return Certificate(PEM_read_bio_X509(pem, nullptr, NoPassword, nullptr));
}

bool Trust(SSL_CTX* context, std::string_view ca) {
  const Bio pem = Reading(ca);
  bool any = false;
  while (const Certificate authority = NextCertificate(pem.get())) {
    any = X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority.get()) == 1;
    if (!any) break;
  }
  return any;
}

bool Identify(SSL_CTX* context, const TlsFiles& files) {
  const Bio pem = Reading(files.certificate);
  const Certificate leaf = NextCertificate(pem.get());
  const Bio key_pem = Reading(files.key.ExposeSecret());
  const Key key(PEM_read_bio_PrivateKey(key_pem.get(), nullptr, NoPassword, nullptr));
  if (!leaf || !key || SSL_CTX_use_certificate(context, leaf.get()) != 1 ||
      SSL_CTX_use_PrivateKey(context, key.get()) != 1) {
    return false;
  }
  while (const Certificate intermediate = NextCertificate(pem.get())) {
    if (SSL_CTX_add1_chain_cert(context, intermediate.get()) != 1) return false;
  }
  return true;
}

}  // namespace

std::expected<TlsContext, EtcdProblem> MakeTlsContext(const TlsFiles& files) {
  TlsContext context(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  const bool trusts = Trust(context.get(), files.ca);
  const bool identified = files.certificate.empty() || Identify(context.get(), files);
  ERR_clear_error();  // the end of a PEM file is one
  if (!trusts) return std::unexpected(EtcdProblem::kBadCa);
  if (!identified) return std::unexpected(EtcdProblem::kBadPair);
  return context;
}

}  // namespace baokms::adapters::etcd
