#include "app/process/library_locks.h"

#include <absl/synchronization/mutex.h>

namespace baokms::app {

void StopLockOrderChecks() { absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore); }

}  // namespace baokms::app
