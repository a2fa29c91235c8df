// A clock that only the test moves.
#pragma once

#include <chrono>
#include <mutex>

#include "ports/clock.h"

namespace baokms::testing {

// Any thread may read it and move it.
class FakeClock final : public ports::Clock {
 public:
  // Far ahead of the machine's own clocks, so that a control loop never waits for a time of this
  // clock to come by itself: the test moves the clock and nudges the loop.
  explicit FakeClock(core::UnixSeconds wall = 1'700'000'100)
      : FakeClock({core::MonotonicTime(std::chrono::hours(500'000)),
                   core::BootTime(std::chrono::hours(600'000)), wall}) {}
  explicit FakeClock(const core::ClockReading& now)
      : monotonic_(now.monotonic), boot_(now.boot), wall_(std::chrono::seconds(now.wall)) {}

  core::ClockReading Now() const override {
    const std::lock_guard lock(mutex_);
    return {.monotonic = monotonic_,
            .boot = boot_,
            .wall = std::chrono::floor<std::chrono::seconds>(wall_).count()};
  }

  void Pass(core::Duration time) {
    const std::lock_guard lock(mutex_);
    monotonic_ += time;
    boot_ += time;
    wall_ += time;
  }
  // The machine sleeps: CLOCK_MONOTONIC stands still.
  void Sleep(core::Duration time) {
    const std::lock_guard lock(mutex_);
    boot_ += time;
    wall_ += time;
  }
  // CLOCK_BOOTTIME alone, for a rule that must go by it and by no other clock.
  void PassOnlyBoot(core::Duration time) {
    const std::lock_guard lock(mutex_);
    boot_ += time;
  }
  // Somebody sets the wall clock.
  void SetWall(core::UnixSeconds wall) {
    const std::lock_guard lock(mutex_);
    wall_ = std::chrono::seconds(wall);
  }

 private:
  mutable std::mutex mutex_;
  core::MonotonicTime monotonic_;
  core::BootTime boot_;
  core::Duration wall_;  // since 1970
};

}  // namespace baokms::testing
