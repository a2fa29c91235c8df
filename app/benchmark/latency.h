// What a row of durations comes to. Pure.
#pragma once

#include <cstddef>
#include <vector>

#include "core/model/time.h"

namespace baokms::app {

using Durations = std::vector<core::Duration>;

// A percentile is by nearest rank: the shortest duration that at least so many percent of all are
// no longer than. So each is one that was measured, and with few of them p99 is the longest.
struct LatencySummary {
  core::Duration min{0};
  core::Duration p50{0};
  core::Duration p90{0};
  core::Duration p95{0};
  core::Duration p99{0};
  core::Duration max{0};
  core::Duration mean{0};
  friend bool operator==(const LatencySummary&, const LatencySummary&) = default;
};

// Of one duration at least.
LatencySummary Summarise(Durations durations);

struct LatencyBin {
  core::Duration to{0};  // this long at most, and longer than the bin before
  std::size_t count = 0;
  friend bool operator==(const LatencyBin&, const LatencyBin&) = default;
};

// `bins` (at least 1) of equal ratio between the shortest and the longest, because latencies have a
// long tail; one bin when all are equal. Of one duration at least, each above zero.
std::vector<LatencyBin> BinLatencies(const Durations& durations, std::size_t bins);

}  // namespace baokms::app
