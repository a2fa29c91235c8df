// Which signatures TLS may ask of the key of a client certificate.
#pragma once

#include <openssl/ssl.h>

#include "core/model/client_identity.h"

namespace baokms::adapters::openssl {

// Beside SSL_CTX_use_PrivateKey. OpenSSL would choose PSS, which TLS 1.2 servers offer first, for
// every RSA key; TLS 1.3 has nothing else, so there no certificate is presented for such a key.
inline bool LimitClientSignatures(SSL_CTX* context, const core::ClientIdentity& identity) {
  return identity.rsa_pss ||
         SSL_CTX_set1_client_sigalgs_list(context, "RSA+SHA256:RSA+SHA384:RSA+SHA512") == 1;
}

}  // namespace baokms::adapters::openssl
