// What `doctor` prints (reports-and-labels.md): checks in a fixed order, each with how it went and
// what to do about it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "app/exit_code.h"
#include "app/reports/report.h"

namespace baokms::app {

enum class CheckStatus : std::uint8_t { kPass, kWarn, kFail, kSkip };
std::string_view Word(CheckStatus status);

// Bounded words and numbers only: no secret, path or key name (but the two sockets of
// encryption_config_check.h, and directories above the socket that probe was given).
struct CheckResult {
  CheckStatus status = CheckStatus::kPass;
  std::string message;  // what was seen; may be empty
  std::string advice;   // what a person does: of kWarn and kFail
};
CheckResult Pass(std::string message = {});
CheckResult Skip(std::string message);
CheckResult Warn(std::string message, std::string advice);
CheckResult Fail(std::string message, std::string advice);

struct Check {
  std::string_view id;
  std::string_view title;
  CheckResult result;
};

struct CheckReport {
  std::string_view name;  // of the command
  std::vector<Check> checks;

  // "<id>: <message>" of the first failed check; empty: none failed.
  std::string FirstFailure() const;
};

// The name, then `[status] id: title - message` a check, each with its advice on an indented line.
std::string RenderText(const CheckReport& report);
Report ToJson(const CheckReport& report);

// The first failure in one line on standard error, and then kCheckFailed.
ExitCode JudgeReport(const CheckReport& report);

enum class IfFailed : std::uint8_t {
  kGoOn,
  kSkipTheRest,  // every later check stands on this one
};

enum class Listed : std::uint8_t {
  kAlways,
  kWhenSomethingIsWrong,  // neither when it passes nor when it is skipped
};

enum class Stands : std::uint8_t {
  kOnAllBefore,
  kAlone,  // runs whatever failed before it
};

struct PlannedCheck {
  std::string_view id;
  std::string_view title;
  IfFailed if_failed = IfFailed::kGoOn;
  std::function<CheckResult()> run;
  Listed listed = Listed::kAlways;
  Stands stands = Stands::kOnAllBefore;
};

// Hears of each check as it comes, on the thread that runs them.
class CheckWatch {
 public:
  virtual ~CheckWatch() = default;
  // Around the run of one that is not skipped.
  virtual void Begins(const PlannedCheck& planned) = 0;
  virtual void Ended() = 0;
  virtual void Listed(const Check& check) = 0;
};

// In order; those that cannot run are kSkip and name what they wait for, the first that failed.
// `watch` may be null.
CheckReport RunChecks(std::string_view name, const std::vector<PlannedCheck>& plan,
                      CheckWatch* watch = nullptr);

}  // namespace baokms::app
