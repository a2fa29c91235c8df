// A clock that only the test moves. It starts far ahead of the machine's own, so that a control
// loop never waits for a time of this clock to come by itself: Nudge it after moving the clock.
#pragma once

#include <mutex>

#include "ports/clock.h"

namespace baokms::app::testing {

class MovedClock final : public ports::Clock {
 public:
  core::ClockReading Now() const override {
    const std::lock_guard lock(mutex_);
    return now_;
  }
  void Pass(core::Duration time) {
    const std::lock_guard lock(mutex_);
    now_.monotonic += time;
    Advance(time);
  }
  // The machine sleeps: CLOCK_MONOTONIC stands still.
  void Sleep(core::Duration time) {
    const std::lock_guard lock(mutex_);
    Advance(time);
  }
  // Somebody sets the wall clock.
  void SetWall(core::UnixSeconds wall) {
    const std::lock_guard lock(mutex_);
    now_.wall = wall;
  }

 private:
  void Advance(core::Duration time) {
    now_.boot += time;
    now_.wall += std::chrono::duration_cast<std::chrono::seconds>(time).count();
  }

  mutable std::mutex mutex_;
  core::ClockReading now_{core::MonotonicTime(std::chrono::hours(500'000)),
                          core::BootTime(std::chrono::hours(600'000)), 1'700'000'100};
};

}  // namespace baokms::app::testing
