#include "app/process/system_clock.h"

#include <time.h>

namespace baokms::app {
namespace {

core::Duration Read(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);  // cannot fail for these clocks
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

}  // namespace

core::ClockReading SystemClock::Now() const {
  return {.monotonic = core::MonotonicTime(Read(CLOCK_MONOTONIC)),
          .boot = core::BootTime(Read(CLOCK_BOOTTIME)),
          .wall = std::chrono::duration_cast<std::chrono::seconds>(Read(CLOCK_REALTIME)).count()};
}

}  // namespace baokms::app
