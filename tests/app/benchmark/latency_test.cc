// Percentiles and bins of durations.
#include "app/benchmark/latency.h"

#include <doctest/doctest.h>

#include <numeric>

namespace baokms::app {
namespace {

using std::chrono::nanoseconds;

Durations Of(std::initializer_list<int> milliseconds) {
  Durations durations;
  for (const int each : milliseconds) durations.push_back(std::chrono::milliseconds(each));
  return durations;
}

// 1 to `last` ns, the longest first.
Durations Row(int last) {
  Durations durations;
  for (int i = last; i > 0; --i) durations.push_back(nanoseconds(i));
  return durations;
}

TEST_CASE("Latency: percentiles are by nearest rank and in any order of the durations") {
  const LatencySummary of_hundred = Summarise(Row(100));
  CHECK(of_hundred == LatencySummary{.min = nanoseconds(1),
                                     .p50 = nanoseconds(50),
                                     .p90 = nanoseconds(90),
                                     .p95 = nanoseconds(95),
                                     .p99 = nanoseconds(99),
                                     .max = nanoseconds(100),
                                     .mean = nanoseconds(50)});
  // ceil(p / 100 * 101), as the definition has it.
  const LatencySummary of_more = Summarise(Row(101));
  CHECK(of_more.p50 == nanoseconds(51));
  CHECK(of_more.p90 == nanoseconds(91));
  CHECK(of_more.p95 == nanoseconds(96));
  CHECK(of_more.p99 == nanoseconds(100));
}

TEST_CASE("Latency: with few durations the high percentiles are the longest") {
  const LatencySummary summary = Summarise(Of({3, 1, 5, 2, 4}));
  CHECK(summary.p50 == std::chrono::milliseconds(3));
  CHECK(summary.p90 == std::chrono::milliseconds(5));
  CHECK(summary.p99 == std::chrono::milliseconds(5));
  CHECK(summary.mean == std::chrono::milliseconds(3));
  const LatencySummary one = Summarise(Of({7}));
  for (const core::Duration each :
       {one.min, one.p50, one.p90, one.p95, one.p99, one.max, one.mean}) {
    CHECK(each == std::chrono::milliseconds(7));
  }
  // Of an even number the lower one of the two in the middle.
  CHECK(Summarise(Of({1, 2, 3, 4})).p50 == std::chrono::milliseconds(2));
}

TEST_CASE("Latency: bins hold every duration once and grow by one ratio") {
  const std::vector<LatencyBin> bins = BinLatencies(Of({1, 2, 4, 8, 16, 16, 3}), 4);
  CHECK(bins == std::vector<LatencyBin>{{.to = std::chrono::milliseconds(2), .count = 2},
                                        {.to = std::chrono::milliseconds(4), .count = 2},
                                        {.to = std::chrono::milliseconds(8), .count = 1},
                                        {.to = std::chrono::milliseconds(16), .count = 2}});
  for (int last = 4; last < 300; ++last) {
    CAPTURE(last);
    const std::vector<LatencyBin> of_row = BinLatencies(Row(last), 7);
    REQUIRE(of_row.size() == 7);
    std::size_t held = 0;
    for (const LatencyBin& bin : of_row) held += bin.count;
    CHECK(held == static_cast<std::size_t>(last));
    CHECK(of_row.back().to == nanoseconds(last));
    CHECK(of_row.back().count > 0);
  }
}

TEST_CASE("Latency: durations that are all equal are one bin") {
  CHECK(BinLatencies(Of({5, 5, 5}), 10) ==
        std::vector<LatencyBin>{{.to = std::chrono::milliseconds(5), .count = 3}});
}

}  // namespace
}  // namespace baokms::app
