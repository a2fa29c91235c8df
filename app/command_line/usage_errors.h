// Wrong usage, told on standard error (reports-and-labels.md, "Exit codes").
#pragma once

#include "app/command_line/command_words.h"
#include "app/exit_code.h"

namespace baokms::app {

// What is wrong and where to read on, in two lines.
ExitCode RefuseUsage(const UsageMistake& mistake);

// What CLI11 found wrong with values and with flags that need each other. `words` is what it read.
UsageMistake ExplainParseError(const CommandPage& root, const std::vector<std::string>& words,
                               const CLI::ParseError& error);

}  // namespace baokms::app
