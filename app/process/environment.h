// The environment, made harmless before any library looks at it (libraries.md: SSLKEYLOGFILE writes
// TLS secrets to disk, GRPC_TRACE prints plaintext, proxies are obeyed).
#pragma once

namespace baokms::app {

// First thing in main, before any other thread.
void ScrubEnvironment();

}  // namespace baokms::app
