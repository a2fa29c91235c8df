// `completion bash|zsh|fish`: scripts that complete commands, flags, words to choose from, files
// and directories, made from the command tree.
#pragma once

#include <string>
#include <vector>

#include "app/command_line/command_page.h"

namespace baokms::app {

// `root` as DescribeRoot gives it. Each stands alone: it needs nothing but its shell.
std::string BashCompletion(const CommandPage& root);
std::string ZshCompletion(const CommandPage& root);
std::string FishCompletion(const CommandPage& root);

// What the three have in common.
struct CompletedCommand {
  std::string path;  // from the command on: "config schema"; empty: the program itself
  const CommandPage* page;
  bool is_topic;  // behind `help`: it completes commands and no flags
};
// Every command, and once more behind `help`; a command stands before its own.
std::vector<CompletedCommand> CompletedCommands(const CommandPage& root);
// Whether its words are files: `nodes compare FILE ...`.
bool TakesFiles(const CompletedCommand& command);
// Names of all flags behind which the next word is their value.
std::vector<std::string> FlagsWithValue(const CommandPage& root);
std::string Joined(const std::vector<std::string>& words, const std::string& between);

}  // namespace baokms::app
