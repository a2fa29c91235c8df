// `key-usage` (reports-and-labels.md): a census of what etcd still refers to, the evidence for
// retiring key versions. Reads etcd and the local state, never OpenBao, and changes nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "adapters/etcd/endpoint.h"
#include "app/configuration/configuration_source.h"
#include "app/exit_code.h"
#include "app/key_usage/usage_findings.h"
#include "app/reports/report.h"

namespace baokms::app {

struct KeyUsageRequest {
  std::vector<adapters::etcd::Endpoint> endpoints;
  // Absolute paths. The CA is there when an endpoint is https; certificate and key are both there
  // or both empty.
  std::string ca_file;
  std::string certificate_file;
  std::string key_file;
  std::string prefix = "/registry/";  // begins and ends with a slash
  std::int64_t largest_page = 10000;  // keys a request, 1 to 10000
  // kube-apiserver's, absolute: which resources should be encrypted. Empty: not given.
  std::string encryption_configuration_file;
  std::vector<Finding> fail_on;
  // Where the counts go as metrics, besides the report. Empty: nowhere.
  std::string textfile;
  // Take the census again after this long until nothing is left to rewrite.
  std::optional<std::chrono::seconds> watch;
  OutputFormat format = OutputFormat::kText;
};

// Exit 3 for a configuration or a file of the flags that is refused; 4 without a report when etcd
// could not be read to the end, and behind a report for what `fail_on` names; 1 when the text file
// could not be written.
ExitCode KeyUsage(const ConfigurationRequest& configuration, const KeyUsageRequest& request);

}  // namespace baokms::app
