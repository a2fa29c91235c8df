// `rotation-plan` and `verify-rotation`: read the state files and OpenBao, change nothing.
#pragma once

#include <chrono>

#include "app/configuration/configuration_source.h"
#include "app/exit_code.h"
#include "app/reports/report.h"

namespace baokms::app {

// Exit 4, the report printed all the same, when the metadata cannot be had or are refused, or when
// a node without a state could not make its first; a state that is refused is exit 4 without one.
ExitCode PrintRotationPlan(const ConfigurationRequest& request, OutputFormat format);
// Looks again for `wait` at most until OpenBao's newest version is active here; exit 4 when it is
// not by then. 0: looks once, and a rotation under way is no failure.
ExitCode PrintVerifiedRotation(const ConfigurationRequest& request, OutputFormat format,
                               std::chrono::nanoseconds wait);

}  // namespace baokms::app
