#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "app/command_line/command_page.h"
#include "app/command_line/command_words.h"
#include "app/command_line/commands.h"
#include "app/command_line/help_text.h"
#include "app/command_line/usage_errors.h"

namespace baokms::app {
namespace {

ExitCode PrintHelp(CommandTree& tree, const std::vector<std::string>& topic) {
  const CLI::App* command = &tree.root();
  for (const std::string& word : topic) {
    const auto found = command->get_subcommands(
        [&word](const CLI::App* candidate) { return candidate->get_name() == word; });
    if (found.empty()) {
      return RefuseUsage(UnknownCommand(DescribeCommand(tree, *command), word));
    }
    command = found.front();
  }
  // Not CLI11's help(), which answers for the command that was parsed: this one.
  std::fputs(RenderHelp(DescribeCommand(tree, *command)).c_str(), stdout);
  return ExitCode::kOk;
}

}  // namespace

void AddHelp(CommandTree& tree) {
  const auto topic = std::make_shared<std::vector<std::string>>();
  tree.AddBare(tree.root(),
               {.name = "help",
                .purpose = "Print the help of a command",
                .examples = {{.command = "bao-kms-provider help config schema",
                              .what = "The same as `bao-kms-provider config schema --help`"}}},
               [&tree, topic] { return PrintHelp(tree, *topic); })
      .add_option("topic", *topic, "The command, for example `config schema`")
      ->type_name("COMMAND");
}

}  // namespace baokms::app
