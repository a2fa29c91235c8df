// The environment, made harmless before any library looks at it (libraries.md: SSLKEYLOGFILE writes
// TLS secrets to disk, GRPC_TRACE prints plaintext, proxies are obeyed).
#pragma once

#include <string_view>

namespace baokms::app {

// First thing in main, before any other thread.
void ScrubEnvironment();

// The variable that named a proxy for https when ScrubEnvironment() removed it; empty: none did.
std::string_view UnusedProxy();

}  // namespace baokms::app
