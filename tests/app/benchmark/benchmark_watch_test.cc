// How a benchmark ends.
#include "app/benchmark/benchmark_watch.h"

#include <doctest/doctest.h>
#include <pthread.h>

#include <csignal>

namespace baokms::app {
namespace {

using std::chrono::steady_clock;

WatchOptions Limit(core::Duration limit) { return {.what = "x", .iterations = 2, .limit = limit}; }

TEST_CASE("Benchmark watch: what does not end is stopped by the clock and says so") {
  const Interruption interruption;
  BenchmarkTally tally(2);
  CHECK(tally.Take());
  tally.Add(core::Duration(1), core::Duration(1));
  const auto began = steady_clock::now();
  Watch(tally, Limit(std::chrono::milliseconds(60)), interruption);
  CHECK(steady_clock::now() - began >= std::chrono::milliseconds(60));
  CHECK(steady_clock::now() - began < std::chrono::seconds(10));
  CHECK(tally.Result().stopped == "time limit");
  CHECK(tally.Result().iterations() == 1);
}

TEST_CASE("Benchmark watch: a signal stops it long before the clock would") {
  const Interruption interruption;
  for (const int signal : {SIGINT, SIGTERM}) {
    BenchmarkTally tally(2);
    REQUIRE(pthread_kill(pthread_self(), signal) == 0);  // waits until it is asked for
    const auto began = steady_clock::now();
    Watch(tally, Limit(std::chrono::hours(1)), interruption);
    CHECK(steady_clock::now() - began < std::chrono::seconds(10));
    CHECK(tally.Result().stopped == "interrupted");
  }
}

TEST_CASE("Benchmark watch: a tally that failed or is whole ends it at once") {
  const Interruption interruption;
  BenchmarkTally failed(2);
  failed.Fail("encrypt: x");
  Watch(failed, Limit(std::chrono::hours(1)), interruption);
  CHECK(failed.Result().stopped.empty());
  CHECK(failed.Result().problem == "encrypt: x");
}

}  // namespace
}  // namespace baokms::app
