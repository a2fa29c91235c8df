// Bytes in hexadecimal, lower case.
#pragma once

#include <string>
#include <string_view>

namespace baokms::core {

// Both digits of `byte`.
inline void AppendHex(std::string& out, unsigned char byte) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  out += kDigits[byte >> 4U];
  out += kDigits[byte & 0xFU];
}

}  // namespace baokms::core
