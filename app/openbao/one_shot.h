// A command that has a configuration, asks OpenBao or the state files a few questions and ends.
#pragma once

#include <functional>

#include "app/configuration/configuration_source.h"
#include "app/exit_code.h"
#include "core/model/configuration.h"
#include "ports/clock.h"
#include "ports/file_reader.h"
#include "ports/telemetry.h"

namespace baokms::app {

struct OneShot {
  const core::Configuration& configuration;
  const ports::Clock& clock;
  const ports::FileReader& files;
  ports::Telemetry& telemetry;  // hears and says nothing
};

// Hardens the process as `serve` does, loads and judges the configuration (each reader checks its
// own file later), and runs `run`. A configuration that is refused is exit 3.
ExitCode RunOneShot(const ConfigurationRequest& request,
                    const std::function<ExitCode(const OneShot&)>& run);

}  // namespace baokms::app
