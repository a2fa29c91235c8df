// A text as one scalar of a YAML document.
#pragma once

#include <string>
#include <string_view>

namespace baokms::app {

// Between double quotes, on one line, always a string for a YAML reader. What would not be seen or
// not survive is escaped: control characters, line separators, marks that turn the direction of
// text. `text` is UTF-8.
std::string YamlQuoted(std::string_view text);

}  // namespace baokms::app
