// What the running server may still touch (security-and-deployment.md, "Landlock and seccomp").
#pragma once

#include <string>

#include "app/process/landlock.h"
#include "app/process/system_call_filter.h"
#include "core/model/configuration.h"

namespace baokms::app {

// The directories of every file that the configuration names, rather than the files: a file that is
// renewed by renaming is another one to the kernel. `config_file` may be empty.
LandlockRules NeededAccess(const core::Configuration& configuration,
                           const std::string& config_file);

AllowedCalls NeededCalls(const core::Configuration& configuration);

}  // namespace baokms::app
