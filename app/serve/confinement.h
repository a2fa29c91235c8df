// What the running server may still touch (security-and-deployment.md, "Landlock and seccomp").
#pragma once

#include <string>

#include "adapters/telemetry/telemetry.h"
#include "app/process/landlock.h"
#include "core/model/configuration.h"

namespace baokms::app {

// The directories of every file that the configuration names, rather than the files: a file that is
// renewed by renaming is another one to the kernel. `config_file` may be empty.
LandlockRules NeededAccess(const core::Configuration& configuration,
                           const std::string& config_file);

// In two steps, each as far as the configuration wants it and the kernel has it, and each told to
// the log. Main thread.
class Confinement {
 public:
  // Restricts files and TCP ports, before the first thread. `configuration` outlives it.
  Confinement(const core::Configuration& configuration, const std::string& config_file);
  void TellOfFiles(adapters::telemetry::Telemetry& log) const;

  // Restricts system calls: after the first probes, which load what the C library loads late.
  void RestrictCalls(adapters::telemetry::Telemetry& log) const;

 private:
  const core::Configuration& configuration_;
  const LandlockScope files_;
};

}  // namespace baokms::app
