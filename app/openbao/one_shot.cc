#include "app/openbao/one_shot.h"

#include <curl/curl.h>

#include <csignal>

#include "adapters/checked_file/posix_file_reader.h"
#include "app/openbao/silent_telemetry.h"
#include "app/process/process_hardening.h"
#include "app/process/system_clock.h"

namespace baokms::app {

ExitCode RunOneShot(const ConfigurationRequest& request,
                    const std::function<ExitCode(const OneShot&)>& run) {
  GiveUpDumpsAndPrivileges();
  std::signal(SIGPIPE, SIG_IGN);
  const adapters::checked_file::PosixFileReader files;
  const auto configuration = LoadConfiguration(request, files);
  if (!configuration) return RefuseConfiguration(configuration.error());
  // Where the limit is too small secrets live in ordinary memory, wiped all the same.
  if (configuration->hardening.lock_memory) LockSecretMemory();
  curl_global_init(CURL_GLOBAL_DEFAULT);
  const SystemClock clock;
  SilentTelemetry telemetry;
  return run({*configuration, clock, files, telemetry});
}

}  // namespace baokms::app
