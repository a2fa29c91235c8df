#include "adapters/etcd/tls_context.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <string_view>

namespace baokms::adapters::etcd {
namespace {

using openssl::BioPtr;
using openssl::KeyPtr;
using openssl::SslContextPtr;
using openssl::X509Ptr;

BioPtr Reading(std::string_view pem) {
  return BioPtr(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

// An encrypted key has no password here, and nobody is asked for one.
int NoPassword(char*, int, int, void*) { return 0; }

X509Ptr NextCertificate(BIO* pem) {
  return X509Ptr(PEM_read_bio_X509(pem, nullptr, NoPassword, nullptr));
}

bool Trust(SSL_CTX* context, std::string_view ca) {
  const BioPtr pem = Reading(ca);
  bool any = false;
  while (const X509Ptr authority = NextCertificate(pem.get())) {
    any = X509_STORE_add_cert(SSL_CTX_get_cert_store(context), authority.get()) == 1;
    if (!any) break;
  }
  return any;
}

bool Identify(SSL_CTX* context, const TlsFiles& files) {
  const BioPtr pem = Reading(files.certificate);
  const X509Ptr leaf = NextCertificate(pem.get());
  const BioPtr key_pem = Reading(files.key.ExposeSecret());
  const KeyPtr key(PEM_read_bio_PrivateKey(key_pem.get(), nullptr, NoPassword, nullptr));
  if (!leaf || !key || SSL_CTX_use_certificate(context, leaf.get()) != 1 ||
      SSL_CTX_use_PrivateKey(context, key.get()) != 1) {
    return false;
  }
  while (const X509Ptr intermediate = NextCertificate(pem.get())) {
    if (SSL_CTX_add1_chain_cert(context, intermediate.get()) != 1) return false;
  }
  return true;
}

}  // namespace

std::expected<SslContextPtr, EtcdProblem> MakeTlsContext(const TlsFiles& files) {
  SslContextPtr context(SSL_CTX_new(TLS_client_method()));
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
