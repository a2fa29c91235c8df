#include "app/process/startup.h"

#include <curl/curl.h>

#include <csignal>

#include "app/process/descriptor_limit.h"
#include "app/process/environment.h"
#include "app/process/heap_arenas.h"
#include "app/process/host_code.h"
#include "app/process/library_locks.h"
#include "app/process/library_logs.h"
#include "app/process/process_hardening.h"
#include "app/process/quiet_event_engine.h"
#include "app/process/standard_streams.h"

namespace baokms::app {

void BeginProcess() {
  StopLockOrderChecks();
  KeepFewHeapArenas();
  LoadNoCodeOfTheHost();
  OccupyClosedStreams();
  ScrubEnvironment();
  SilenceLibraryLogs();
  QuietLibraryTimers();
  RaiseDescriptorLimit();
}

void HardenProcess() {
  GiveUpDumpsAndPrivileges();
  // A peer that has gone is an error of the write, not the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
}

bool OpenLibraries(bool lock_memory) {
  const bool locked = lock_memory && LockSecretMemory();
  curl_global_init(CURL_GLOBAL_DEFAULT);
  return locked;
}

}  // namespace baokms::app
