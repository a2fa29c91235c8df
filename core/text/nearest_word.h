// "Did you mean": the known word nearest to one that was mistyped, in the configuration file and on
// the command line.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace baokms::core {

// The first of `words` with the fewest edits (insert, delete, replace, swap of neighbours; case
// ignored). Empty when none is near: more edits than 2 and a quarter of `typed`, or a whole word
// replaced, or more than 64 bytes typed.
std::string NearestWord(std::string_view typed, std::span<const std::string> words);

}  // namespace baokms::core
