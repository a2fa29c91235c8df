// `rotation-plan` and `verify-rotation`: read the state files and OpenBao, change nothing.
#pragma once

#include "app/configuration/configuration_source.h"
#include "app/exit_code.h"
#include "app/reports/report.h"

namespace baokms::app {

// Exit 4, the report printed all the same, when the metadata cannot be had or are refused, or when
// a node without a state could not make its first; a state that is refused is exit 4 without one.
ExitCode PrintRotationPlan(const ConfigurationRequest& request, OutputFormat format);
ExitCode PrintVerifiedRotation(const ConfigurationRequest& request, OutputFormat format);

}  // namespace baokms::app
