// The machine's clocks, for tests of what waits in real time. (app's SystemClock needs app.)
#pragma once

#include <chrono>

#include "ports/clock.h"

namespace baokms::testing {

class MachineClock final : public ports::Clock {
 public:
  core::ClockReading Now() const override {
    const core::Duration since = std::chrono::steady_clock::now().time_since_epoch();
    return {.monotonic = core::MonotonicTime(since),
            .boot = core::BootTime(since),
            .wall = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())};
  }
};

}  // namespace baokms::testing
