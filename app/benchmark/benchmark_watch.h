// How a benchmark ends: by itself, by a person or by the clock; meanwhile it says how far it is.
#pragma once

#include <cstddef>
#include <string>

#include "app/benchmark/benchmark_tally.h"
#include "app/process/interruption.h"
#include "core/model/time.h"

namespace baokms::app {

inline constexpr const char* kInterrupted = "interrupted";
inline constexpr const char* kTimeLimit = "time limit";

struct WatchOptions {
  std::string what;  // for the line of progress
  std::size_t iterations = 0;
  core::Duration limit{0};
};

// Returns when the tally is over; stops it on an interruption and when `limit` has passed.
void Watch(BenchmarkTally& tally, const WatchOptions& options, const Interruption& interruption);

}  // namespace baokms::app
