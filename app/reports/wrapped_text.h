// Running text in lines of at most a given width.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace baokms::app {

// Bytes; what the help of every command keeps to.
inline constexpr std::size_t kHelpWidth = 100;

// Broken at whitespace into lines of at most `width` bytes; a longer word has a line of its own. A
// line break in `text` stays one.
std::vector<std::string> Wrap(std::string_view text, std::size_t width);

// The words of one line behind what ends at column `at`, with a newline; further lines begin at
// column `indent`. A word that is wider than a line is not cut: it may have to be copied.
std::string WrapUnder(std::string_view text, std::size_t at, std::size_t indent, std::size_t width);

}  // namespace baokms::app
