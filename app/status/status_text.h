// The report of `status` in words. Pure.
#pragma once

#include <string>

#include "app/reports/report.h"
#include "core/model/time.h"

namespace baokms::app {

// A `what: words` line for each thing that is known; `now` on the wall clock. What a program at the
// provider's address may have written cannot move a terminal's cursor.
std::string DescribeStatus(const Report& report, core::UnixSeconds now);

// The same in a line without what changes every second:
// "ready, version 1; version 2 is pending: 1 of 3 observations".
std::string StatusHeadline(const Report& report);

// Why it is not ready and what to do; empty: it is ready.
std::string WhyNotReady(const Report& report);

}  // namespace baokms::app
