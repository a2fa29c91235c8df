// `check-expiration` (reports-and-labels.md): what expires, and when.
#pragma once

#include <chrono>

#include "app/configuration/configuration_source.h"
#include "app/exit_code.h"
#include "app/reports/report.h"

namespace baokms::app {

struct ExpirationRequest {
  std::chrono::nanoseconds within = std::chrono::hours(720);  // of certificates that people renew
  OutputFormat format = OutputFormat::kText;
};

// Exit 4 when something has expired, will soon, or cannot be read.
ExitCode CheckExpiration(const ConfigurationRequest& configuration,
                         const ExpirationRequest& request);

}  // namespace baokms::app
