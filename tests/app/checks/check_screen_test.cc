// A report's checks on a terminal.
#include "app/checks/check_screen.h"

#include <doctest/doctest.h>

#include <sstream>

namespace baokms::app {
namespace {

const Check kLong{"registry.state", "Registry state",
                  Warn("the checkpoint is behind the state file by some generations",
                       "nothing is lost: the next save of the provider brings it forward")};

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

TEST_CASE("Check screen: titles stand in one column and what goes on stands under them") {
  const CheckLayout layout{.width = 60, .id_width = 14, .color = false};
  CHECK(CheckLines({"a", "One", Pass()}, layout) == "[pass] a               One\n");
  CHECK(CheckLines(kLong, layout) ==
        "[warn] registry.state  Registry state - the checkpoint is\n"
        "                       behind the state file by some\n"
        "                       generations\n"
        "                       -> nothing is lost: the next save of\n"
        "                          the provider brings it forward\n");
}

TEST_CASE("Check screen: on a narrow terminal the text goes on below the id") {
  const CheckLayout layout{.width = 40, .id_width = 14, .color = false};
  CHECK(CheckLines(kLong, layout) ==
        "[warn] registry.state: Registry state -\n"
        "       the checkpoint is behind the\n"
        "       state file by some generations\n"
        "       -> nothing is lost: the next save\n"
        "          of the provider brings it\n"
        "          forward\n");
}

TEST_CASE("Check screen: no line is wider than the terminal and no word is lost") {
  for (std::size_t width = 24; width < 140; ++width) {
    CAPTURE(width);
    const std::string text = CheckLines(kLong, {.width = width, .id_width = 28, .color = false});
    for (const std::string& line : Lines(text)) {
      CHECK_MESSAGE(line.size() <= width, line);
      CHECK(line.back() != ' ');
    }
    std::istringstream words(text);
    std::string joined;
    for (std::string word; words >> word;) joined += word + ' ';
    CHECK(
        joined.contains("Registry state - the checkpoint is behind the state file by some "
                        "generations -> nothing is lost: the next save of the provider brings "
                        "it forward "));
  }
}

TEST_CASE("Check screen: a word wider than the terminal is not cut") {
  const std::string key_id = "obk2." + std::string(43, 'x');
  const std::string text = CheckLines({"kms.key_id", "KMS key ID", Pass(key_id)},
                                      {.width = 30, .id_width = 10, .color = false});
  CHECK(text.contains(" " + key_id + "\n"));
}

TEST_CASE("Check screen: color is on the status word alone") {
  CheckLayout layout{.width = 80, .id_width = 14, .color = false};
  const std::string plain = CheckLines(kLong, layout);
  CHECK_FALSE(plain.contains('\033'));
  layout.color = true;
  const std::string colored = CheckLines(kLong, layout);
  CHECK(colored.starts_with("[\033[33mwarn\033[0m] registry.state"));
  CHECK(colored.substr(colored.find(']', 6)) == plain.substr(plain.find(']')));
}

TEST_CASE("Check screen: the line of a running check leaves the last column free") {
  const CheckLayout layout{.width = 30, .id_width = 28, .color = false};
  CHECK(RunningLine("a.b", "One", layout) == "[ .. ] a.b: One");
  CHECK(RunningLine("transit.version_restrictions", "Transit", layout).size() == 29);
}

TEST_CASE("Check screen: the summary counts each kind and leaves out what there is none of") {
  CheckReport report{
      .name = "doctor",
      .checks = {{"a", "A", Pass()}, {"b", "B", Fail("x", "y")}, {"c", "C", Pass()}}};
  CHECK(SummaryOf(report) == "2 passed, 1 failed");
  report.checks.push_back({"d", "D", Warn("x", "y")});
  report.checks.push_back({"e", "E", {CheckStatus::kSkip, "needs b", ""}});
  CHECK(SummaryOf(report) == "2 passed, 1 warned, 1 failed, 1 skipped");
}

const CheckReport kMixed{.name = "doctor",
                         .checks = {{"a", "A", Pass()},
                                    {"b", "B", Fail("broken", "mend it")},
                                    {"c", "C", {CheckStatus::kSkip, "needs b", ""}},
                                    {"d", "D", {CheckStatus::kSkip, "needs --flag", ""}},
                                    {"e", "E", {CheckStatus::kSkip, "needs b", ""}},
                                    {"f", "F", Fail("broken, too", "mend it as well")}}};

TEST_CASE("Check screen: while checks run a failure is named and what is skipped is not") {
  const CheckLayout layout{.width = 60, .id_width = 4, .color = false};
  std::string text;
  for (const Check& check : kMixed.checks) text += LinesWhileChecking(check, layout);
  CHECK(text == "[pass] a     A\n[fail] b     B\n[fail] f     F\n");
}

TEST_CASE("Check screen: failures come last in full and what is skipped is told together") {
  const CheckLayout layout{.width = 60, .id_width = 4, .color = false};
  CHECK(LinesAtTheEnd(kMixed, layout) ==
        "[skip] needs b: c, e\n"
        "[skip] d     D - needs --flag\n"
        "1 passed, 2 failed, 3 skipped\n"
        "[fail] b     B - broken\n"
        "             -> mend it\n"
        "[fail] f     F - broken, too\n"
        "             -> mend it as well\n");
}

TEST_CASE("Check screen: without a failure the summary comes last") {
  const CheckReport good{.name = "doctor", .checks = {{"a", "A", Pass()}, kLong}};
  CHECK(LinesAtTheEnd(good, {.width = 60, .id_width = 4, .color = false}) ==
        "1 passed, 1 warned\n");
}

class Heard final : public CheckWatch {
 public:
  void Begins(const PlannedCheck& planned) override { words += "+" + std::string(planned.id); }
  void Ended() override { words += "-"; }
  void Listed(const Check& check) override { words += "=" + std::string(check.id); }
  std::string words;
};

TEST_CASE("Check screen: one hears of a check before it runs and of its result when it has") {
  Heard heard;
  const auto run = [&heard] {
    heard.words += "!";
    return Fail("x", "y");
  };
  const auto pass = [] { return Pass(); };
  RunChecks("doctor",
            {{"q", "Q", IfFailed::kGoOn, pass, Listed::kWhenSomethingIsWrong},
             {"a", "A", IfFailed::kSkipTheRest, run},
             {"b", "B", IfFailed::kGoOn, pass}},
            &heard);
  CHECK(heard.words == "+q-+a!-=a=b");
}

}  // namespace
}  // namespace baokms::app
