#include "app/checks/check_screen.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "app/process/terminal.h"

namespace baokms::app {
namespace {

constexpr std::size_t kStatusWidth = 7;      // "[pass] "
constexpr std::size_t kLeastTextWidth = 30;  // with less beside the ids the text goes below them
constexpr std::string_view kEraseLine = "\r\033[K";

void Write(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

std::string_view ColorOf(CheckStatus status) {
  switch (status) {
    case CheckStatus::kPass:
      return "\033[32m";
    case CheckStatus::kWarn:
      return "\033[33m";
    case CheckStatus::kFail:
      return "\033[1;31m";
    case CheckStatus::kSkip:
      return "\033[2m";
  }
  return "";
}

bool HasColumns(const CheckLayout& layout) {
  return layout.width >= kStatusWidth + layout.id_width + 2 + kLeastTextWidth;
}

// Where titles, and lines that go on, begin.
std::size_t TextColumn(const CheckLayout& layout) {
  return HasColumns(layout) ? kStatusWidth + layout.id_width + 2 : kStatusWidth;
}

std::string Label(std::string_view id, const CheckLayout& layout) {
  std::string label(id);
  if (!HasColumns(layout)) return label + ':';
  label.resize(layout.id_width + 2, ' ');
  return label;
}

// The words of `text`, behind what ends at column `at`; further lines begin at column `indent`.
std::string Wrapped(std::string_view text, std::size_t at, std::size_t indent, std::size_t width) {
  std::string lines;
  bool first_of_line = at == indent;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    if (!first_of_line && at + 1 + word.size() > width) {
      lines.append("\n").append(indent, ' ');
      at = indent;
      first_of_line = true;
    }
    if (!first_of_line) {
      lines += ' ';
      ++at;
    }
    lines += word;
    at += word.size();
    first_of_line = false;
  }
  return lines + '\n';
}

class CheckScreen final : public CheckWatch {
 public:
  explicit CheckScreen(const std::vector<PlannedCheck>& plan) {
    for (const PlannedCheck& planned : plan) id_width_ = std::max(id_width_, planned.id.size());
  }

  void Begins(const PlannedCheck& planned) override {
    Write(RunningLine(planned.id, planned.title, Layout()));
  }
  void Ended() override { Write(kEraseLine); }
  void Listed(const Check& check) override { Write(CheckLines(check, Layout())); }

 private:
  // Anew for each: the window may have become another.
  CheckLayout Layout() const {
    return {.width = TerminalWidth(stdout), .id_width = id_width_, .color = ShowsColor(stdout)};
  }

  std::size_t id_width_ = 0;
};

}  // namespace

std::string CheckLines(const Check& check, const CheckLayout& layout) {
  const std::string_view word = Word(check.result.status);
  std::string text = "[";
  if (layout.color) text.append(ColorOf(check.result.status)).append(word).append("\033[0m");
  if (!layout.color) text += word;
  text += "] ";
  std::string words = Label(check.id, layout);
  text += words;
  std::string said(check.title);
  if (!check.result.message.empty()) said.append(" - ").append(check.result.message);
  const std::size_t column = TextColumn(layout);
  text += Wrapped(said, kStatusWidth + words.size(), column, layout.width);
  if (check.result.advice.empty()) return text;
  return text.append(column, ' ') + "-> " +
         Wrapped(check.result.advice, column + 3, column + 3, layout.width);
}

std::string RunningLine(std::string_view id, std::string_view title, const CheckLayout& layout) {
  std::string line = "[ .. ] " + Label(id, layout);
  if (line.back() != ' ') line += ' ';
  line += title;
  line.resize(std::min(line.size(), layout.width - 1));
  return line;
}

std::string SummaryOf(const CheckReport& report) {
  std::string text;
  for (const auto& [status, word] : {std::pair{CheckStatus::kPass, " passed"},
                                     {CheckStatus::kWarn, " warned"},
                                     {CheckStatus::kFail, " failed"},
                                     {CheckStatus::kSkip, " skipped"}}) {
    const auto count = std::ranges::count_if(
        report.checks, [status](const Check& check) { return check.result.status == status; });
    if (count == 0) continue;
    text.append(text.empty() ? "" : ", ").append(std::to_string(count)).append(word);
  }
  return text;
}

ExitCode ShowChecks(std::string_view name, const std::vector<PlannedCheck>& plan,
                    OutputFormat format) {
  if (format == OutputFormat::kText && IsTerminal(stdout)) {
    Write(std::string(name) + '\n');
    CheckScreen screen(plan);
    const CheckReport report = RunChecks(name, plan, &screen);
    Write(SummaryOf(report) + '\n');
    return JudgeReport(report);
  }
  const CheckReport report = RunChecks(name, plan);
  Write(format == OutputFormat::kJson ? RenderJson(ToJson(report)) : RenderText(report));
  return JudgeReport(report);
}

}  // namespace baokms::app
