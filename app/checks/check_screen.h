// A report's checks as a person watches them on a terminal: each is named while it runs, and its
// line is then overwritten with how it went. What failed comes last, where the eye is when the
// command has ended, behind the summary; what was skipped is told together. Into a pipe or as JSON
// the checks come as in check_report.h.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "app/checks/check_report.h"
#include "app/exit_code.h"
#include "app/reports/report.h"

namespace baokms::app {

// Runs the checks and shows them on standard output; the first failure in one line on standard
// error, too, and then kCheckFailed.
ExitCode ShowChecks(std::string_view name, const std::vector<PlannedCheck>& plan,
                    OutputFormat format);

struct CheckLayout {
  std::size_t width = 80;     // columns
  std::size_t id_width = 28;  // of the longest id
  bool color = false;
};

// The lines of one check: id, title and message, then the advice behind "->", all wrapped between
// words under where the title begins. A word that is wider than a line is not cut: it may be a
// key_id to be copied.
std::string CheckLines(const Check& check, const CheckLayout& layout);

// Of a check that has ended: nothing of one that was skipped, and of one that failed only that.
std::string LinesWhileChecking(const Check& check, const CheckLayout& layout);
// The skipped ones by what they wait for, the summary, and every failure in full.
std::string LinesAtTheEnd(const CheckReport& report, const CheckLayout& layout);

// The line of a check that runs; cut to leave the last column free, where some terminals wrap.
std::string RunningLine(std::string_view id, std::string_view title, const CheckLayout& layout);

// "14 passed, 1 failed, 3 skipped"; what there is none of is left out.
std::string SummaryOf(const CheckReport& report);

}  // namespace baokms::app
