#include "app/checks/check_screen.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "app/process/terminal.h"
#include "app/reports/wrapped_text.h"

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

// "[pass] ", the word in its color.
std::string Mark(CheckStatus status, const CheckLayout& layout) {
  const std::string word(Word(status));
  if (!layout.color) return '[' + word + "] ";
  return '[' + std::string(ColorOf(status)) + word + "\033[0m] ";
}

// All that wait for one thing: "needs openbao.tls: openbao.auth, transit.capabilities, ...".
std::string SkippedLines(const std::vector<const Check*>& alike, const CheckLayout& layout) {
  if (alike.size() == 1) return CheckLines(*alike.front(), layout);
  std::string said = alike.front()->result.message + ':';
  for (const Check* check : alike) {
    said.append(check == alike.front() ? " " : ", ").append(check->id);
  }
  return Mark(CheckStatus::kSkip, layout) +
         WrapUnder(said, kStatusWidth, kStatusWidth, layout.width);
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
  void Listed(const Check& check) override { Write(LinesWhileChecking(check, Layout())); }

  // Anew for each: the window may have become another.
  CheckLayout Layout() const {
    return {.width = TerminalWidth(stdout), .id_width = id_width_, .color = ShowsColor(stdout)};
  }

 private:
  std::size_t id_width_ = 0;
};

}  // namespace

std::string CheckLines(const Check& check, const CheckLayout& layout) {
  std::string text = Mark(check.result.status, layout);
  std::string words = Label(check.id, layout);
  text += words;
  std::string said(check.title);
  if (!check.result.message.empty()) said.append(" - ").append(check.result.message);
  const std::size_t column = TextColumn(layout);
  text += WrapUnder(said, kStatusWidth + words.size(), column, layout.width);
  if (check.result.advice.empty()) return text;
  return text.append(column, ' ') + "-> " +
         WrapUnder(check.result.advice, column + 3, column + 3, layout.width);
}

std::string LinesWhileChecking(const Check& check, const CheckLayout& layout) {
  switch (check.result.status) {
    case CheckStatus::kSkip:
      return {};
    case CheckStatus::kFail:
      return CheckLines({check.id, check.title, Fail({}, {})}, layout);
    default:
      return CheckLines(check, layout);
  }
}

std::string LinesAtTheEnd(const CheckReport& report, const CheckLayout& layout) {
  // By what they wait for, in the order of the checks.
  std::vector<std::vector<const Check*>> skipped;
  std::string failures;
  for (const Check& check : report.checks) {
    if (check.result.status == CheckStatus::kFail) failures += CheckLines(check, layout);
    if (check.result.status != CheckStatus::kSkip) continue;
    const auto alike = std::ranges::find_if(skipped, [&check](const auto& group) {
      return group.front()->result.message == check.result.message;
    });
    if (alike == skipped.end()) {
      skipped.push_back({&check});
    } else {
      alike->push_back(&check);
    }
  }
  std::string text;
  for (const auto& group : skipped) text += SkippedLines(group, layout);
  return text + SummaryOf(report) + '\n' + failures;
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
    Write(LinesAtTheEnd(report, screen.Layout()));
    return JudgeReport(report);
  }
  const CheckReport report = RunChecks(name, plan);
  Write(format == OutputFormat::kJson ? RenderJson(ToJson(report)) : RenderText(report));
  return JudgeReport(report);
}

}  // namespace baokms::app
