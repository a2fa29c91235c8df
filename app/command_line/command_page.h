// What there is to say of a command, as plain values: help, completions, man pages, docs/reference
// and the advice on a mistyped line are all made from it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "app/command_line/command_tree.h"

namespace baokms::app {

enum class ValueKind : std::uint8_t { kNone, kChoice, kFile, kDirectory, kOther };

struct FlagPage {
  std::string name;   // "--config"; of an argument what stands for it, "TOPIC"
  std::string value;  // what stands for its value, "FILE" or "text|json"; empty: it takes none
  std::string description;
  std::string default_value;  // empty: none, or nothing to say
  bool is_argument = false;
  bool is_common = false;  // of every command that reads the configuration, and --help
  bool is_required = false;
  bool is_repeatable = false;
  bool value_is_optional = false;  // "--flag" and "--flag=VALUE", but not "--flag VALUE"

  // With "(required)", its default and whether it may be given several times.
  std::string FullDescription() const;
  // The description's first clause.
  std::string Brief() const;
  ValueKind Kind() const;
  // "text" and "json" of "text|json"; empty for values that are no choice.
  std::vector<std::string> Choices() const;
  // "--config FILE", "--include-token-renewal[=true|false]", "--apply".
  std::string Synopsis() const;
};

struct CommandPage {
  std::string path;     // "bao-kms-provider config schema"
  std::string name;     // "schema"
  std::string heading;  // what the root's help lists it under
  std::string purpose;
  std::string notes;
  std::vector<FlagPage> flags;  // required, the command's own, common
  std::vector<CommandPage> commands;
  std::vector<ExitText> exits;  // what 0 and 2 mean is the same everywhere and not among them
  std::vector<Example> examples;

  const FlagPage* FindFlag(std::string_view flag_name) const;  // nullptr: there is none
  const CommandPage* FindCommand(std::string_view command_name) const;
  std::vector<std::string> FlagNames() const;  // with their dashes
  // "bao-kms-provider retire-versions --before-version N [FLAGS]"
  std::string Usage() const;
};

// `command` is the tree's root or stands in it; its commands are described with it.
CommandPage DescribeCommand(const CommandTree& tree, const CLI::App& command);
CommandPage DescribeRoot(const CommandTree& tree);

}  // namespace baokms::app
