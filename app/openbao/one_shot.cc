#include "app/openbao/one_shot.h"

#include "adapters/checked_file/posix_file_reader.h"
#include "app/process/startup.h"
#include "app/process/system_clock.h"
#include "ports/null_telemetry.h"

namespace baokms::app {

ExitCode RunOneShot(const ConfigurationRequest& request,
                    const std::function<ExitCode(const OneShot&)>& run) {
  HardenProcess();
  const adapters::checked_file::PosixFileReader files;
  const auto configuration = LoadConfiguration(request, files);
  if (!configuration) return RefuseConfiguration(configuration.error());
  OpenLibraries(configuration->hardening.lock_memory);
  const SystemClock clock;
  ports::NullTelemetry telemetry;
  return run({*configuration, clock, files, telemetry});
}

}  // namespace baokms::app
