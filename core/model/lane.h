// Which requests share connections to OpenBao and wait for each other (request-scheduling.md,
// "Lanes").
#pragma once

#include <cstdint>

namespace baokms::core {

// Encrypts and decrypts of callers wait in a queue each and share their connections. What the
// provider asks for itself (probes, logins, renewals) never waits for them.
enum class Lane : std::uint8_t { kEncrypt, kDecrypt, kProbe };

}  // namespace baokms::core
