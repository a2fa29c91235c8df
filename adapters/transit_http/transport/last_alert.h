// The alert by which a server ends TLS: often its only word.
#pragma once

#include <openssl/types.h>

#include <memory>

namespace baokms::adapters::transit_http {

// An SSL_AD_... number; 0: none but that the connection ends. Of the one thread that reads.
using LastAlert = std::shared_ptr<int>;

// Every connection of this context writes what it hears to `alert`, for as long as it lives: a
// server may judge the handshake after its end, and curl reads once more when it closes. False:
// out of memory.
bool ListenForAlerts(SSL_CTX* context, const LastAlert& alert);

}  // namespace baokms::adapters::transit_http
