// Puts a client certificate and its key into the TLS context of one connection.
#pragma once

#include <curl/curl.h>

namespace baokms::adapters::transit_http {

// For CURLOPT_SSL_CTX_FUNCTION, with a `const core::ClientIdentity` as its data, which outlives the
// connection's handshake. CURLE_SSL_CERTPROBLEM when a certificate does not parse or the key is not
// the leaf's.
CURLcode PresentClientIdentity(CURL* easy, void* ssl_context, void* identity);

}  // namespace baokms::adapters::transit_http
