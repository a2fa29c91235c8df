// `config`, `config fingerprint`, `config schema` and `version`: print and exit.
#pragma once

#include "app/configuration/configuration_source.h"
#include "app/exit_code.h"

namespace baokms::app {

ExitCode PrintConfig(const ConfigurationRequest& request);
ExitCode PrintConfigFingerprint(const ConfigurationRequest& request);
ExitCode PrintConfigSchema();
ExitCode PrintVersion();

}  // namespace baokms::app
