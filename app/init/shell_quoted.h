// A text as one word of a shell script, and as the value of a variable.
#pragma once

#include <string>
#include <string_view>

namespace baokms::app {

// Between single quotes, where a shell reads nothing but their end; a quote of the text becomes
// '\''. The word may begin with '-': a caller puts it where no option is read. `text` holds no NUL.
std::string ShellQuoted(std::string_view text);

// The line that gives the variable `name` this value.
std::string ShellAssignment(std::string_view name, std::string_view value);

}  // namespace baokms::app
