// `probe` (reports-and-labels.md): Status, Encrypt and Decrypt through the running socket, as this
// user.
#pragma once

#include <chrono>
#include <string>

#include "app/exit_code.h"
#include "app/reports/report.h"

namespace baokms::app {

struct ProbeRequest {
  std::string socket_path = "/run/openbao-kms/kms.sock";        // absolute
  std::chrono::nanoseconds timeout = std::chrono::seconds(10);  // of the whole probe; > 0
  std::chrono::nanoseconds wait{0};  // probed again for so long while something fails
  std::string expected_key_id;       // well formed; empty: any
  OutputFormat format = OutputFormat::kText;
};

// Needs no configuration. Exit 4 when a check fails.
ExitCode Probe(const ProbeRequest& request);

}  // namespace baokms::app
