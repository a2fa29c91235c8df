// `status` (reports-and-labels.md): what the running provider says of itself.
#pragma once

#include <chrono>
#include <cstdint>

#include "app/configuration/configuration_source.h"
#include "app/exit_code.h"
#include "app/reports/report.h"

namespace baokms::app {

struct StatusRequest {
  std::chrono::nanoseconds wait{0};  // until it is ready, at most so long; 0: ask once
  bool watch = false;                // until Ctrl-C; text alone
  OutputFormat format = OutputFormat::kText;
};

// Exit 4 when it is not ready, or no more at the end.
ExitCode Status(const ConfigurationRequest& configuration, const StatusRequest& request);

}  // namespace baokms::app
