#include "app/command_line/command_page.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <utility>

namespace baokms::app {
namespace {

FlagPage DescribeFlag(const CLI::Option& option) {
  FlagPage flag;
  flag.is_argument = option.get_positional();
  flag.name = flag.is_argument ? option.get_type_name() : "--" + option.get_lnames().front();
  const bool takes_value = !flag.is_argument && option.get_items_expected_max() > 0;
  if (takes_value) flag.value = option.get_type_name();
  flag.description = option.get_description();
  flag.default_value = option.get_default_str();
  flag.is_common = option.get_group() == kCommonFlags;
  flag.is_required = option.get_required();
  flag.is_repeatable = option.get_items_expected_max() > 1;
  flag.value_is_optional = takes_value && option.get_items_expected_min() == 0;
  return flag;
}

std::string PathOf(const CLI::App& command) {
  const CLI::App* parent = command.get_parent();
  return parent == nullptr ? command.get_name() : PathOf(*parent) + " " + command.get_name();
}

}  // namespace

std::string FlagPage::FullDescription() const {
  std::string text = description;
  if (is_required) text += " (required)";
  if (!default_value.empty()) text += " (default " + default_value + ")";
  if (is_repeatable && !is_argument) text += " (may be given several times)";
  return text;
}

std::string FlagPage::Brief() const {
  std::size_t end = description.size();
  for (const char* clause_end : {"; ", ": ", ". "}) {
    end = std::min(end, description.find(clause_end));
  }
  return description.substr(0, end);
}

ValueKind FlagPage::Kind() const {
  if (value.empty()) return ValueKind::kNone;
  if (value.find('|') != std::string::npos) return ValueKind::kChoice;
  if (value == "FILE" || value == "PATH") return ValueKind::kFile;
  return value == "DIR" ? ValueKind::kDirectory : ValueKind::kOther;
}

std::vector<std::string> FlagPage::Choices() const {
  std::vector<std::string> choices;
  if (Kind() != ValueKind::kChoice) return choices;
  for (std::size_t begin = 0; begin <= value.size();) {
    const std::size_t end = std::min(value.find('|', begin), value.size());
    choices.push_back(value.substr(begin, end - begin));
    begin = end + 1;
  }
  return choices;
}

std::string FlagPage::Synopsis() const {
  if (value.empty()) return name;
  return value_is_optional ? name + "[=" + value + "]" : name + " " + value;
}

const FlagPage* CommandPage::FindFlag(std::string_view flag_name) const {
  const auto found = std::ranges::find(flags, flag_name, &FlagPage::name);
  return found == flags.end() ? nullptr : &*found;
}

const CommandPage* CommandPage::FindCommand(std::string_view command_name) const {
  const auto found = std::ranges::find(commands, command_name, &CommandPage::name);
  return found == commands.end() ? nullptr : &*found;
}

std::vector<std::string> CommandPage::FlagNames() const {
  std::vector<std::string> names;
  for (const FlagPage& flag : flags) {
    if (!flag.is_argument) names.push_back(flag.name);
  }
  return names;
}

std::string CommandPage::Usage() const {
  std::string usage = path;
  for (const FlagPage& flag : flags) {
    if (flag.is_required) usage += " " + flag.Synopsis();
  }
  if (!commands.empty()) usage += " [COMMAND]";
  for (const FlagPage& flag : flags) {
    if (flag.is_argument) usage += " [" + flag.name + (flag.is_repeatable ? " ...]" : "]");
  }
  return usage + " [FLAGS]";
}

CommandPage DescribeCommand(const CommandTree& tree, const CLI::App& command) {
  CommandPage page;
  page.path = PathOf(command);
  page.name = command.get_name();
  page.heading = command.get_group();
  page.purpose = command.get_description();
  if (const CommandText* text = tree.TextOf(command)) {
    page.notes = text->notes;
    page.exits = text->exits;
    page.examples = text->examples;
  }
  std::array<std::vector<FlagPage>, 3> flags;  // required, of the command's own, common
  for (const CLI::Option* option : command.get_options()) {
    FlagPage flag = DescribeFlag(*option);
    const std::size_t group = flag.is_common ? 2 : flag.is_required ? 0 : 1;
    flags.at(group).push_back(std::move(flag));
  }
  for (std::vector<FlagPage>& group : flags) {
    std::ranges::move(group, std::back_inserter(page.flags));
  }
  const auto subcommands = command.get_subcommands({});
  page.commands.reserve(subcommands.size());
  for (const CLI::App* subcommand : subcommands) {
    page.commands.push_back(DescribeCommand(tree, *subcommand));
  }
  return page;
}

CommandPage DescribeRoot(const CommandTree& tree) { return DescribeCommand(tree, tree.root()); }

}  // namespace baokms::app
