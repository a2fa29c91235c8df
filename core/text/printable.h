// Bytes of others on a person's screen: what would move a terminal's cursor is shown, not sent.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace baokms::core {

enum class Kept : std::uint8_t {
  kAscii,  // blank to '~'
  kUtf8,   // valid UTF-8, except for control characters
};

// `bytes`, with \xNN in lower case for each byte that does not belong to what is kept. A backslash
// is kept: the result is for reading, and cannot be turned back.
std::string Printable(std::string_view bytes, Kept kept);

}  // namespace baokms::core
