// `doctor` and `verify-key` (reports-and-labels.md): what keeps this node from serving, or the key
// from being used, named at its cause.
#pragma once

#include <string>

#include "app/configuration/configuration_source.h"
#include "app/exit_code.h"
#include "app/reports/report.h"

namespace baokms::app {

// Exit 3 when the configuration cannot be loaded or is invalid, 4 on any other failure.
// `encryption_config`: kube-apiserver's EncryptionConfiguration; empty: not looked at.
ExitCode Doctor(const ConfigurationRequest& request, const std::string& encryption_config,
                OutputFormat format);
ExitCode VerifyKey(const ConfigurationRequest& request, OutputFormat format);

}  // namespace baokms::app
