// Base64 as Go's encoding/base64 judges it (its error offsets are part of OpenBao's error texts),
// base64url, hex, and random identifiers.
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace baokms::emulator {

std::string Base64Encode(std::string_view bytes);

// The error is the offset Go reports: "illegal base64 data at input byte N".
std::expected<std::string, std::size_t> Base64Decode(std::string_view text);
std::string IllegalBase64Text(std::size_t offset);

std::string Base64UrlEncode(std::string_view bytes);  // without padding
std::optional<std::string> Base64UrlDecode(std::string_view text);

// "47:96:8a", as OpenBao prints key identifiers.
std::string ColonHex(std::string_view bytes);

std::string RandomBytes(std::size_t count);
std::string RandomUuid();
std::string RandomBase62(std::size_t length);

// A UUID-shaped value that is the same for the same text (entity and mount accessors).
std::string StableUuid(std::string_view text);

}  // namespace baokms::emulator
