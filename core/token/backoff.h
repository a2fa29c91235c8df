// Exponential backoff with jitter (auth.md, "Token manager"). Pure: the same failure count gives
// the same delay, so a state machine that holds one stays a plain value. No threads, no errors.
#pragma once

#include <cstdint>

#include "core/model/time.h"

namespace baokms::core {

class Backoff {
 public:
  // 0 < `first` <= `longest` < 100 years. `seed` spreads nodes that fail at the same moment: any
  // value, different on each node.
  constexpr Backoff(Duration first, Duration longest, std::uint64_t seed)
      : first_(first), longest_(longest), seed_(seed) {}

  // The wait after `failures` >= 1 consecutive failures: first * 2^(failures - 1), at most
  // `longest`, and then +-25 %.
  Duration After(std::uint32_t failures) const;

  friend bool operator==(const Backoff&, const Backoff&) = default;

 private:
  Duration first_;
  Duration longest_;
  std::uint64_t seed_;
};

}  // namespace baokms::core
