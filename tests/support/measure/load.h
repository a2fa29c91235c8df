// What a load is, and what came of it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace baokms::testing {

// No new call begins after so many calls or so much time, whichever comes first.
struct LoadLimit {
  std::size_t calls = std::numeric_limits<std::size_t>::max();
  std::chrono::milliseconds time = std::chrono::hours(1);
};

struct LoadResult {
  std::vector<double> took_us;  // one entry a call, ascending
  double seconds = 0;           // from the first call's begin to the last one's end
  std::int64_t failed = 0;      // of the calls
};

}  // namespace baokms::testing
