// `probe` (reports-and-labels.md): Status, Encrypt and Decrypt through the running socket, as this
// user or as kube-apiserver's.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "app/checks/socket_access.h"
#include "app/exit_code.h"
#include "app/reports/report.h"

namespace baokms::app {

struct ProbeRequest {
  std::string socket_path = "/run/openbao-kms/kms.sock";        // absolute
  std::chrono::nanoseconds timeout = std::chrono::seconds(10);  // of the whole probe; > 0
  std::chrono::nanoseconds wait{0};  // probed again for so long while something fails
  std::string expected_key_id;       // well formed; empty: any
  // Needs root, which is given up for good. `user`: nullopt, the one of the kube-apiserver that
  // runs on this node.
  bool as_kube_apiserver = false;
  std::optional<SocketCaller> user;
  OutputFormat format = OutputFormat::kText;
};

// Needs no configuration. Exit 4 when a check fails. While there is one thread.
ExitCode Probe(const ProbeRequest& request);

}  // namespace baokms::app
