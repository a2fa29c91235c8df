#include "app/command_line/completion/completion.h"

#include <algorithm>
#include <set>

namespace baokms::app {
namespace {

std::string Below(const std::string& path, const std::string& name) {
  return path.empty() ? name : path + " " + name;
}

void Collect(const CommandPage& page, const std::string& path, bool is_topic,
             std::vector<CompletedCommand>& commands) {
  commands.push_back({.path = path, .page = &page, .is_topic = is_topic});
  for (const CommandPage& command : page.commands) {
    Collect(command, Below(path, command.name), is_topic, commands);
  }
}

void CollectFlags(const CommandPage& page, std::set<std::string>& names) {
  for (const FlagPage& flag : page.flags) {
    if (!flag.value.empty() && !flag.value_is_optional) names.insert(flag.name);
  }
  for (const CommandPage& command : page.commands) CollectFlags(command, names);
}

}  // namespace

std::vector<CompletedCommand> CompletedCommands(const CommandPage& root) {
  std::vector<CompletedCommand> commands;
  Collect(root, "", /*is_topic=*/false, commands);
  std::erase_if(commands, [](const CompletedCommand& each) { return each.path == "help"; });
  Collect(root, "help", /*is_topic=*/true, commands);
  return commands;
}

bool TakesFiles(const CompletedCommand& command) {
  return !command.is_topic && std::ranges::any_of(command.page->flags, [](const FlagPage& flag) {
    return flag.is_argument && flag.name == "FILE";
  });
}

std::vector<std::string> FlagsWithValue(const CommandPage& root) {
  std::set<std::string> names;
  CollectFlags(root, names);
  return {names.begin(), names.end()};
}

std::string Joined(const std::vector<std::string>& words, const std::string& between) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : between) + word;
  return text;
}

}  // namespace baokms::app
