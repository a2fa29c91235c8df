// AES-256-GCM in Transit's layout: 12-byte nonce, ciphertext, 16-byte tag.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace baokms::emulator {

inline constexpr std::size_t kAesKeyBytes = 32;
inline constexpr std::size_t kGcmNonceBytes = 12;
inline constexpr std::size_t kGcmTagBytes = 16;

std::string AesGcmSeal(std::string_view key, std::string_view plaintext, std::string_view aad);

// Nothing when the tag does not fit. `sealed` is at least kGcmNonceBytes long.
std::optional<std::string> AesGcmOpen(std::string_view key, std::string_view sealed,
                                      std::string_view aad);

}  // namespace baokms::emulator
