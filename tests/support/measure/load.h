// What a load is, and what came of it. A closed load (LoadLimit) begins a call when an earlier one
// has ended; an open one (Arrivals) does not wait for answers, so a server that stalls cannot slow
// down what measures it.
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

// Calls are due at a fixed rate, and a call's time runs from when it is due: whatever delays its
// begin counts, on the client's side too.
struct Arrivals {
  double per_second = 100;
  std::chrono::milliseconds time{1000};  // in which calls are due
  // A call that is due while so many are under way waits for one of them.
  std::size_t most_under_way = 1024;
  // What has not begun so long after the last call was due never begins, and has failed.
  std::chrono::milliseconds grace{1000};

  std::size_t calls() const {
    return static_cast<std::size_t>(per_second * std::chrono::duration<double>(time).count());
  }
  std::chrono::steady_clock::time_point Due(std::chrono::steady_clock::time_point began,
                                            std::size_t call) const {
    return began + std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                       std::chrono::duration<double>(static_cast<double>(call) / per_second));
  }
};

struct LoadResult {
  std::vector<double> took_us;  // one entry a call, ascending; of Arrivals: infinite if it failed
  double seconds = 0;           // from the first call's begin to the last one's end
  std::int64_t failed = 0;      // of the calls
};

}  // namespace baokms::testing
