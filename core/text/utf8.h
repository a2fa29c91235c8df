// Whether bytes are text, and of which characters.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace baokms::core {

// UTF-8 as RFC 3629 has it: no overlong form, no surrogate, nothing above U+10FFFF, nothing cut.
bool IsValidUtf8(std::string_view bytes);

// The code point at `at`, below text.size(), which moves behind it; nothing, and `at` stays, when
// no valid sequence begins there.
std::optional<char32_t> TakeCodePoint(std::string_view text, std::size_t& at);

// C0, DEL and C1: what a terminal may take for a command.
bool IsControl(char32_t point);

}  // namespace baokms::core
