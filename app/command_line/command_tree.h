// The commands with their flags, help texts and what each runs. Help, completions, man pages and
// docs/reference are all made from this tree.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "app/configuration/configuration_source.h"
#include "app/exit_code.h"
#include "app/reports/report.h"

namespace baokms::app {

struct Example {
  std::string_view command;  // as typed, from "bao-kms-provider" on
  std::string_view what;     // one sentence without its full stop
};

struct ExitText {
  ExitCode code;
  std::string_view when;  // one sentence
};

// Literals: they outlive the tree.
struct CommandText {
  std::string_view name;
  std::string_view purpose;  // one line, without a full stop
  std::vector<Example> examples{};
  std::string_view notes{};       // what else the help says; a line break ends a paragraph
  std::vector<ExitText> exits{};  // what the codes mean here; 0, 1 and 2 need no words
};

// The group of the flags that every command has which reads the configuration.
inline constexpr std::string_view kCommonFlags = "Common flags";

class CommandTree {
 public:
  using Action = std::function<ExitCode()>;

  CommandTree();
  CommandTree(const CommandTree&) = delete;
  CommandTree& operator=(const CommandTree&) = delete;

  CLI::App& root() { return root_; }
  const CLI::App& root() const { return root_; }
  // What the root's help lists the commands under that are added from now on.
  void Heading(std::string_view heading) { heading_ = heading; }

  // As it was added; nullptr for the root.
  const CommandText* TextOf(const CLI::App& command) const;

  // A command with the common flags. `run` is called after the whole line was parsed, and owns the
  // variables that the command's own flags are bound to.
  CLI::App& Add(CLI::App& parent, const CommandText& text, Action run);
  // A command that lives by its subcommands: alone it prints its help.
  CLI::App& AddGroup(const CommandText& text);
  // A command without the common flags.
  CLI::App& AddBare(CLI::App& parent, const CommandText& text, Action run);
  // A command of the root that validates the configuration and takes --output.
  CLI::App& AddReport(const CommandText& text, Action run);

  // A flag's value is named by the option's type_name: FILE, DIR, PATH (either), DURATION, N,
  // HOST:PORT ..., or the words that it may be, "text|json". Completions are made from that.
  // Of every command that validates the configuration:
  void AddSocketParent(CLI::App& command);
  void AddOutput(CLI::App& command);

  // What the flags above were given; whole once `run` is called.
  const ConfigurationRequest& request() const { return request_; }
  OutputFormat format() const;

  // The command that the parsed line chose; empty when it names none.
  const Action& chosen() const { return chosen_; }

 private:
  void AddCommonFlags(CLI::App& command);

  CLI::App root_;
  std::map<const CLI::App*, CommandText> texts_;
  ConfigurationRequest request_;
  std::string output_ = "text";
  std::string heading_;
  Action chosen_;
};

}  // namespace baokms::app
