// What `doctor` prints, and which checks run (reports-and-labels.md).
#include "app/checks/check_report.h"

#include <doctest/doctest.h>

namespace baokms::app {
namespace {

PlannedCheck Planned(std::string_view id, CheckResult result, IfFailed if_failed,
                     std::vector<std::string>& ran) {
  return {id, "A title", if_failed, [id, result, &ran] {
            ran.emplace_back(id);
            return result;
          }};
}

TEST_CASE("Checks: after one that the rest stands on they are skipped and say what they need") {
  std::vector<std::string> ran;
  const CheckReport report =
      RunChecks("doctor", {Planned("a", Pass(), IfFailed::kSkipTheRest, ran),
                           Planned("b", Fail("seen", "do"), IfFailed::kGoOn, ran),
                           Planned("c", Warn("seen", "do"), IfFailed::kSkipTheRest, ran),
                           Planned("d", Fail("bad", "mend"), IfFailed::kSkipTheRest, ran),
                           Planned("e", Pass(), IfFailed::kSkipTheRest, ran),
                           Planned("f", Fail("x", "y"), IfFailed::kGoOn, ran)});
  CHECK(ran == std::vector<std::string>{"a", "b", "c", "d"});
  REQUIRE(report.checks.size() == 6);
  for (const std::size_t i : {4u, 5u}) {
    CHECK(report.checks[i].result.status == CheckStatus::kSkip);
    CHECK(report.checks[i].result.message == "needs d");
    CHECK(report.checks[i].result.advice.empty());
  }
  CHECK(report.FirstFailure() == "b: seen");
}

TEST_CASE("Checks: one that stands alone runs whatever failed and keeps the first that did") {
  std::vector<std::string> ran;
  PlannedCheck alone = Planned("b", Fail("worse", "do"), IfFailed::kSkipTheRest, ran);
  alone.stands = Stands::kAlone;
  const CheckReport report =
      RunChecks("doctor", {Planned("a", Fail("bad", "mend"), IfFailed::kSkipTheRest, ran), alone,
                           Planned("c", Pass(), IfFailed::kGoOn, ran)});
  CHECK(ran == std::vector<std::string>{"a", "b"});
  CHECK(report.checks[1].result.message == "worse");
  CHECK(report.checks[2].result.message == "needs a");
}

TEST_CASE("Checks: one that is listed only when something is wrong is not listed else") {
  std::vector<std::string> ran;
  const auto quiet = [&](std::string_view id, CheckResult result, IfFailed if_failed) {
    PlannedCheck planned = Planned(id, std::move(result), if_failed, ran);
    planned.listed = Listed::kWhenSomethingIsWrong;
    return planned;
  };
  const CheckReport report = RunChecks(
      "probe",
      {quiet("a", Pass(), IfFailed::kGoOn), quiet("b", Warn("seen", "do"), IfFailed::kGoOn),
       quiet("c", Fail("bad", "do"), IfFailed::kSkipTheRest),
       quiet("d", Fail("bad", "do"), IfFailed::kGoOn), Planned("e", Pass(), IfFailed::kGoOn, ran)});
  CHECK(ran == std::vector<std::string>{"a", "b", "c"});
  std::vector<std::string> listed;
  for (const Check& check : report.checks) listed.emplace_back(check.id);
  CHECK(listed == std::vector<std::string>{"b", "c", "e"});
  CHECK(report.checks.back().result.message == "needs c");
}

TEST_CASE("Checks: without a failure there is none to tell") {
  std::vector<std::string> ran;
  CHECK(RunChecks("doctor", {Planned("a", Pass(), IfFailed::kSkipTheRest, ran),
                             Planned("b", Warn("seen", "do"), IfFailed::kGoOn, ran)})
            .FirstFailure()
            .empty());
}

TEST_CASE("Checks: text has a line for each and its advice below") {
  const CheckReport report{.name = "doctor",
                           .checks = {{"a.b", "One", Pass()},
                                      {"c", "Two", Pass("all well")},
                                      {"d", "Three", Warn("odd", "look")},
                                      {"e", "Four", Fail("broken", "mend it")},
                                      {"f", "Five", {CheckStatus::kSkip, "needs e", ""}}}};
  CHECK(RenderText(report) ==
        "doctor\n"
        "[pass] a.b: One\n"
        "[pass] c: Two - all well\n"
        "[warn] d: Three - odd\n"
        "    look\n"
        "[fail] e: Four - broken\n"
        "    mend it\n"
        "[skip] f: Five - needs e\n");
}

TEST_CASE("Checks: JSON leaves empty messages and advice out") {
  const CheckReport report{.name = "doctor",
                           .checks = {{"a", "One", Pass()}, {"b", "Two", Fail("seen", "do")}}};
  CHECK(RenderJson(ToJson(report)) == R"({
  "name": "doctor",
  "checks": [
    {
      "id": "a",
      "title": "One",
      "status": "pass"
    },
    {
      "id": "b",
      "title": "Two",
      "status": "fail",
      "message": "seen",
      "advice": "do"
    }
  ]
}
)");
}

}  // namespace
}  // namespace baokms::app
