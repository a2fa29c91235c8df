#include "app/benchmark/benchmark_watch.h"

#include <chrono>

#include "app/process/progress_line.h"

namespace baokms::app {

void Watch(BenchmarkTally& tally, const WatchOptions& options, const Interruption& interruption) {
  ProgressLine progress;
  const auto deadline = std::chrono::steady_clock::now() + options.limit;
  while (!tally.Over()) {
    if (interruption.Came(std::chrono::milliseconds(5))) tally.Stop(kInterrupted);
    if (std::chrono::steady_clock::now() > deadline) tally.Stop(kTimeLimit);
    progress.Show(options.what + ": " + std::to_string(tally.Made()) + " of " +
                  std::to_string(options.iterations));
  }
}

}  // namespace baokms::app
