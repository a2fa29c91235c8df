// Pauses of different lengths, so that callers who failed together do not come back together.
#pragma once

#include <cstdint>

#include "core/model/time.h"

namespace baokms::adapters::transit_http {

// A value; the same seed gives the same sequence. One thread.
class Jitter {
 public:
  explicit Jitter(std::uint64_t seed) : state_(seed) {}

  // `pause` +-25 %.
  core::Duration Around(core::Duration pause) {
    return std::chrono::duration_cast<core::Duration>(pause * (0.75 + 0.5 * Fraction()));
  }

 private:
  // Of [0, 1), by splitmix64: jitter needs no better.
  double Fraction() {
    state_ += 0x9e3779b97f4a7c15;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    return static_cast<double>((mixed ^ (mixed >> 31)) >> 11) * 0x1.0p-53;
  }

  std::uint64_t state_;
};

}  // namespace baokms::adapters::transit_http
