// A text as one word of a shell script.
#pragma once

#include <string>
#include <string_view>

namespace baokms::app {

// Between single quotes, where a shell reads nothing but their end; a quote of the text becomes
// '\''. The word may begin with '-': a caller puts it where no option is read. `text` holds no NUL.
std::string ShellQuoted(std::string_view text);

}  // namespace baokms::app
