#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace baokms::structure {

// "core/model/time.h:7: ", for what is wrong there.
inline std::string Place(std::string_view path, int line) {
  return std::string(path) + ":" + std::to_string(line) + ": ";
}

// One #include as written: `name` without its quotes or brackets, `line` from 1. A name that is
// neither quoted nor bracketed (a macro, a missing bracket) is `computed`.
struct Include {
  std::string name;
  bool quoted = false;
  bool computed = false;
  int line = 0;
};

// C++ text with every comment, string and character literal blanked, but for the names of quoted
// includes; line breaks stay where they are.
std::string WithoutCommentsAndLiterals(std::string_view text);

// The includes of a text that WithoutCommentsAndLiterals has been through.
std::vector<Include> IncludesOf(std::string_view code);

}  // namespace baokms::structure
