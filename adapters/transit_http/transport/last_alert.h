// The alert by which a server ends TLS, often its only word, and whether it had asked for a client
// certificate.
#pragma once

#include <openssl/types.h>

#include <memory>

namespace baokms::adapters::transit_http {

struct TlsWords {
  int alert = 0;               // SSL_AD_...; 0: none but that the connection ends
  bool asked_in_vain = false;  // for a client certificate, and none was there to present
};
// Of the one thread that reads.
using LastAlert = std::shared_ptr<TlsWords>;

// Every connection of this context writes what it hears to `alert`, for as long as it lives: a
// server may judge the handshake after its end, and curl reads once more when it closes. False:
// out of memory.
bool ListenForAlerts(SSL_CTX* context, const LastAlert& alert);

}  // namespace baokms::adapters::transit_http
