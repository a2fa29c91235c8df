#include "app/command_line/help_text.h"

#include <algorithm>

#include "app/reports/wrapped_text.h"

namespace baokms::app {
namespace {

struct Row {
  std::string left;
  std::string right;
};

// Two columns; a left part that is too long has a line of its own.
void AppendRows(std::string& text, const std::string& title, const std::vector<Row>& rows) {
  if (rows.empty()) return;
  constexpr std::size_t kIndent = 2;
  constexpr std::size_t kGap = 2;
  constexpr std::size_t kWidestLeft = 30;
  std::size_t left_width = 0;
  for (const Row& row : rows) {
    if (row.left.size() <= kWidestLeft) left_width = std::max(left_width, row.left.size());
  }
  const std::size_t column = kIndent + left_width + kGap;
  text += "\n" + title + ":\n";
  for (const Row& row : rows) {
    std::string line = std::string(kIndent, ' ') + row.left;
    if (row.left.size() > left_width) {
      text += line + '\n';
      line.clear();
    }
    for (const std::string& part : Wrap(row.right, kHelpWidth - column)) {
      line.resize(column, ' ');
      text += line + part + '\n';
      line.clear();
    }
  }
}

Row RowOf(const FlagPage& flag) {
  return {.left = flag.name == "--help" ? "-h, --help" : flag.Synopsis(),
          .right = flag.FullDescription()};
}

void AppendFlags(std::string& text, const CommandPage& page) {
  std::vector<Row> arguments;
  std::vector<Row> own;
  std::vector<Row> common;
  for (const FlagPage& flag : page.flags) {
    auto& rows = flag.is_argument ? arguments : flag.is_common ? common : own;
    rows.push_back(RowOf(flag));
  }
  AppendRows(text, "Arguments", arguments);
  AppendRows(text, "Flags", own);
  AppendRows(text, "Common flags", common);
}

// Under their headings, in the order in which the headings come first.
void AppendCommands(std::string& text, const CommandPage& page) {
  std::vector<std::string> headings;
  for (const CommandPage& command : page.commands) {
    if (std::ranges::find(headings, command.heading) == headings.end()) {
      headings.push_back(command.heading);
    }
  }
  for (const std::string& heading : headings) {
    std::vector<Row> rows;
    for (const CommandPage& command : page.commands) {
      if (command.heading == heading) rows.push_back({command.name, command.purpose});
    }
    AppendRows(text, heading, rows);
  }
}

}  // namespace

std::vector<ExitText> ExitCodesOf(const CommandPage& page) {
  std::vector<ExitText> exits = page.exits;
  const auto add = [&exits](ExitCode code, std::string_view when) {
    if (std::ranges::find(exits, code, &ExitText::code) == exits.end()) {
      exits.push_back({.code = code, .when = when});
    }
  };
  add(ExitCode::kOk, "Done.");
  add(ExitCode::kOther, "The output could not be written.");
  add(ExitCode::kUsage, "Wrong usage: one line on standard error explains what to write instead.");
  std::ranges::sort(exits, {}, &ExitText::code);
  return exits;
}

std::string RenderHelp(const CommandPage& page) {
  std::string text;
  for (const std::string& line : Wrap(page.path + ": " + page.purpose, kHelpWidth)) {
    text += line + '\n';
  }
  text += "\nUsage: " + page.Usage() + '\n';
  if (!page.notes.empty()) text += '\n';
  for (const std::string& line : Wrap(page.notes, kHelpWidth)) text += line + '\n';
  AppendCommands(text, page);
  AppendFlags(text, page);
  const std::vector<ExitText> codes = ExitCodesOf(page);
  std::vector<Row> exits;
  exits.reserve(codes.size());
  for (const ExitText& exit : codes) {
    exits.push_back({std::to_string(static_cast<int>(exit.code)), std::string(exit.when)});
  }
  AppendRows(text, "Exit codes", exits);
  if (!page.examples.empty()) text += "\nExamples:\n";
  for (const Example& example : page.examples) {
    text.append("  # ").append(example.what).append("\n  ").append(example.command).append("\n");
  }
  return text;
}

}  // namespace baokms::app
