// The `serve` command: from a configuration to a served socket, and back.
#pragma once

#include "app/configuration/configuration_source.h"
#include "app/exit_code.h"

namespace baokms::app {

// Returns when a signal ended it, or when it could not start; what to do is said on standard error.
ExitCode Serve(const ConfigurationRequest& request);

}  // namespace baokms::app
