// Puts a client certificate and its key into the TLS context of one connection.
#pragma once

#include <openssl/types.h>

#include "core/model/client_identity.h"

namespace baokms::adapters::transit_http {

// False when a certificate does not parse or the key is not the leaf's; OpenSSL's error queue is
// clean then.
bool PresentClientIdentity(SSL_CTX* context, const core::ClientIdentity& identity);

}  // namespace baokms::adapters::transit_http
