// What the ports under test need beside OpenBao: the machine's clock, and telemetry nobody reads.
#pragma once

#include <chrono>

#include "app/openbao/silent_telemetry.h"
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

using app::SilentTelemetry;

}  // namespace baokms::testing
