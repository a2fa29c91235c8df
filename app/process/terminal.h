// Whether a person is watching, and what their terminal can show.
#pragma once

#include <cstddef>
#include <cstdio>

namespace baokms::app {

// A terminal that can go back to the begin of its line; TERM=dumb and files are none.
bool IsTerminal(std::FILE* stream);

// Of a terminal alone, and not when NO_COLOR is set to anything (no-color.org).
bool ShowsColor(std::FILE* stream);

// Whether the locale of the environment is one of UTF-8.
bool ShowsUtf8();

// Columns, at least 20; 80 when it does not say.
std::size_t TerminalWidth(std::FILE* stream);

}  // namespace baokms::app
