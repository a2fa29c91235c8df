#include "app/command_line/help_text.h"
#include "app/reference/pages.h"

namespace baokms::app {
namespace {

void AppendHelp(std::string& text, const CommandPage& command) {
  text += "\n## " + command.path + "\n\n```\n" + RenderHelp(command) + "```\n";
  for (const CommandPage& each : command.commands) AppendHelp(text, each);
}

}  // namespace

std::string CommandReference(const CommandPage& root) {
  std::string text =
      "# Commands\n\nThe `--help` text of each command. Made from the program by `cmake --build "
      "build/default --target\nupdate_reference`; do not edit.\n";
  AppendHelp(text, root);
  return text;
}

}  // namespace baokms::app
