// The words of a command line held against the tree's commands and flags, before their values are
// looked at: a mistake is named with what to write instead.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "app/command_line/command_page.h"

namespace baokms::app {

// What is wrong, in one line without "usage:", and the command whose help says more.
struct UsageMistake {
  std::string what;
  std::string path;  // "bao-kms-provider doctor"
};

// The words as CLI11 is to read them, the program's name not among them: it would take the next
// word for the value of `--flag=`, and any word at all, `--other` too, for a value that is missing.
// What follows -h or --help is cut off. A mistake repeats a word only when it is short and of
// lower-case letters and dashes: anything else might be a secret.
std::expected<std::vector<std::string>, UsageMistake> CheckWords(
    const CommandPage& root, const std::vector<std::string>& words);

// "unknown command dcotor; did you mean doctor?"; of a group's command, too.
UsageMistake UnknownCommand(const CommandPage& parent, std::string_view word);

// "must be text or json; did you mean json?", for a value that is none of `choices`.
std::string NotAChoice(std::string_view value, const std::vector<std::string>& choices);

}  // namespace baokms::app
