#include "adapters/transit_http/transport/presented_identity.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <string>

#include "adapters/openssl/client_signatures.h"
#include "adapters/openssl/owners.h"

namespace baokms::adapters::transit_http {
namespace {

using openssl::X509Ptr;

X509Ptr Parse(const std::string& der) {
  // OpenSSL reads bytes as unsigned char.
  const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
  return X509Ptr(d2i_X509(nullptr, &bytes, static_cast<long>(der.size())));
}

bool Present(SSL_CTX* context, const core::ClientIdentity& identity) {
  bool leaf = true;
  for (const std::string& der : identity.chain_der) {
    const X509Ptr certificate = Parse(der);
    if (!certificate) return false;
    const auto added = leaf ? SSL_CTX_use_certificate(context, certificate.get())
                            : SSL_CTX_add1_chain_cert(context, certificate.get());
    if (added != 1) return false;
    leaf = false;
  }
  return SSL_CTX_use_PrivateKey(context, identity.key.get()) == 1 &&
         openssl::LimitClientSignatures(context, identity);
}

}  // namespace

bool PresentClientIdentity(SSL_CTX* context, const core::ClientIdentity& identity) {
  const bool presented = Present(context, identity);
  if (!presented) ERR_clear_error();
  return presented;
}

}  // namespace baokms::adapters::transit_http
