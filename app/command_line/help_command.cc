#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "app/command_line/commands.h"

namespace baokms::app {
namespace {

ExitCode PrintHelp(const CLI::App& root, const std::vector<std::string>& topic) {
  const CLI::App* command = &root;
  for (const std::string& word : topic) {
    const auto found = command->get_subcommands(
        [&word](const CLI::App* candidate) { return candidate->get_name() == word; });
    if (found.empty()) {
      std::fputs("usage: no such command\n", stderr);
      return ExitCode::kUsage;
    }
    command = found.front();
  }
  std::fputs(command->help().c_str(), stdout);
  return ExitCode::kOk;
}

}  // namespace

void AddHelp(CommandTree& tree) {
  const auto topic = std::make_shared<std::vector<std::string>>();
  tree.AddBare(tree.root(), {.name = "help", .purpose = "Print the help of a command"},
               [&tree, topic] { return PrintHelp(tree.root(), *topic); })
      .add_option("topic", *topic, "The command, for instance `config schema`");
}

}  // namespace baokms::app
