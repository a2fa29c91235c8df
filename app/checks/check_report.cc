#include "app/checks/check_report.h"

#include <algorithm>
#include <utility>

namespace baokms::app {

std::string_view Word(CheckStatus status) {
  switch (status) {
    case CheckStatus::kPass:
      return "pass";
    case CheckStatus::kWarn:
      return "warn";
    case CheckStatus::kFail:
      return "fail";
    case CheckStatus::kSkip:
      return "skip";
  }
  return "skip";
}

CheckResult Pass(std::string message) {
  return {.status = CheckStatus::kPass, .message = std::move(message), .advice = {}};
}

CheckResult Skip(std::string message) {
  return {.status = CheckStatus::kSkip, .message = std::move(message), .advice = {}};
}

CheckResult Warn(std::string message, std::string advice) {
  return {.status = CheckStatus::kWarn, .message = std::move(message), .advice = std::move(advice)};
}

CheckResult Fail(std::string message, std::string advice) {
  return {.status = CheckStatus::kFail, .message = std::move(message), .advice = std::move(advice)};
}

std::string CheckReport::FirstFailure() const {
  const auto failed = std::ranges::find_if(
      checks, [](const Check& check) { return check.result.status == CheckStatus::kFail; });
  if (failed == checks.end()) return {};
  return std::string(failed->id) + ": " + failed->result.message;
}

std::string RenderText(const CheckReport& report) {
  std::string text = std::string(report.name) + '\n';
  for (const Check& check : report.checks) {
    text.append("[").append(Word(check.result.status)).append("] ");
    text.append(check.id).append(": ").append(check.title);
    if (!check.result.message.empty()) text.append(" - ").append(check.result.message);
    text += '\n';
    if (!check.result.advice.empty()) text.append("    ").append(check.result.advice).append("\n");
  }
  return text;
}

Report ToJson(const CheckReport& report) {
  Report json = Report::object();
  json["name"] = report.name;
  json["checks"] = Report::array();
  for (const Check& check : report.checks) {
    Report entry = Report::object();
    entry["id"] = check.id;
    entry["title"] = check.title;
    entry["status"] = Word(check.result.status);
    if (!check.result.message.empty()) entry["message"] = check.result.message;
    if (!check.result.advice.empty()) entry["advice"] = check.result.advice;
    json["checks"].push_back(std::move(entry));
  }
  return json;
}

ExitCode JudgeReport(const CheckReport& report) {
  const std::string problem = report.FirstFailure();
  return problem.empty() ? ExitCode::kOk : FailCheck(report.name, problem);
}

CheckReport RunChecks(std::string_view name, const std::vector<PlannedCheck>& plan,
                      CheckWatch* watch) {
  CheckReport report{.name = name, .checks = {}};
  std::string_view failed;
  for (const PlannedCheck& planned : plan) {
    CheckResult result = Skip("needs " + std::string(failed));
    if (failed.empty() || planned.stands == Stands::kAlone) {
      if (watch != nullptr) watch->Begins(planned);
      result = planned.run();
      if (watch != nullptr) watch->Ended();
    }
    if (failed.empty() && result.status == CheckStatus::kFail &&
        planned.if_failed == IfFailed::kSkipTheRest) {
      failed = planned.id;
    }
    const bool wrong = result.status == CheckStatus::kWarn || result.status == CheckStatus::kFail;
    if (planned.listed == Listed::kWhenSomethingIsWrong && !wrong) continue;
    report.checks.push_back({planned.id, planned.title, std::move(result)});
    if (watch != nullptr) watch->Listed(report.checks.back());
  }
  return report;
}

}  // namespace baokms::app
