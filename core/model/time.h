// The three clocks, as types that do not mix (registry-and-rotation.md, "Probes and Status cache").
#pragma once

#include <chrono>
#include <cstdint>

namespace baokms::core {

using Duration = std::chrono::nanoseconds;

namespace detail {
template <int kTag>
struct ClockTag {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<ClockTag>;
  static constexpr bool is_steady = true;
};
}  // namespace detail

// CLOCK_MONOTONIC: deadlines, the activation delay, backoff.
using MonotonicTime = detail::ClockTag<0>::time_point;
// CLOCK_BOOTTIME, which counts suspend: staleness, token and credential lifetimes.
using BootTime = detail::ClockTag<1>::time_point;
// Whole seconds since 1970 on the wall clock: JWT dates, observedAtUnix and the age
// of a key version alone.
using UnixSeconds = std::int64_t;

// One reading of all three.
struct ClockReading {
  MonotonicTime monotonic;
  BootTime boot;
  UnixSeconds wall = 0;
};

}  // namespace baokms::core
