#include "app/benchmark/latency.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace baokms::app {
namespace {

// `sorted` is not empty; `percent` is from 1 to 100.
core::Duration NearestRank(const Durations& sorted, std::size_t percent) {
  const std::size_t rank = (percent * sorted.size() + 99) / 100;  // rounded up, from 1
  return sorted[rank - 1];
}

}  // namespace

LatencySummary Summarise(Durations durations) {
  std::ranges::sort(durations);
  const core::Duration sum =
      std::accumulate(durations.begin(), durations.end(), core::Duration::zero());
  return {.min = durations.front(),
          .p50 = NearestRank(durations, 50),
          .p90 = NearestRank(durations, 90),
          .p95 = NearestRank(durations, 95),
          .p99 = NearestRank(durations, 99),
          .max = durations.back(),
          .mean = sum / static_cast<core::Duration::rep>(durations.size())};
}

std::vector<LatencyBin> BinLatencies(const Durations& durations, std::size_t bins) {
  const auto [shortest, longest] = std::ranges::minmax(durations);
  if (shortest == longest) return {{.to = longest, .count = durations.size()}};
  const double step =
      std::pow(static_cast<double>(longest.count()) / static_cast<double>(shortest.count()),
               1.0 / static_cast<double>(bins));
  std::vector<LatencyBin> result(bins);
  double to = static_cast<double>(shortest.count());
  for (LatencyBin& bin : result) {
    to *= step;
    bin.to = core::Duration(std::llround(to));
  }
  result.back().to = longest;  // whatever rounding made of it
  for (const core::Duration duration : durations) {
    ++std::ranges::lower_bound(result, duration, {}, &LatencyBin::to)->count;
  }
  return result;
}

}  // namespace baokms::app
