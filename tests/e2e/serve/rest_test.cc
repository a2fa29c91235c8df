// What a provider takes of its machine when nobody asks it for anything (ADR 9). The bounds are
// generous: they notice a thread that polls, a heap for each thread and a start that keeps its
// pages, on any machine.
#include <doctest/doctest.h>

#include <thread>

#include "tests/e2e/support/bench.h"
#include "tests/support/measure/process_usage.h"
#include "tests/support/measure/steady_pace.h"

namespace baokms::e2e {
namespace {

constexpr int kWatchedSeconds = 5;

TEST_CASE("Rest: a provider that has served keeps little memory, few threads and sleeps") {
  Bench bench;
  ProviderConfig config = bench.Config();
  testing::SetSteadyPace(config);
  Serving provider(config);
  for (int i = 0; i < 20; ++i) provider.CheckRoundTrip();
  const pid_t pid = provider.process.child().pid();
  const std::int64_t files = testing::ProcessStatus(pid, "RssFile");
  const std::int64_t anonymous = testing::ProcessStatus(pid, "RssAnon");
  const std::int64_t threads = testing::ProcessStatus(pid, "Threads");
  const std::int64_t before = testing::ContextSwitches(pid);
  std::this_thread::sleep_for(std::chrono::seconds(kWatchedSeconds));
  const std::int64_t switches = testing::ContextSwitches(pid) - before;
  MESSAGE("resident of files ", files, " KiB, anonymous ", anonymous, " KiB, threads ", threads,
          ", context switches ", switches, " in ", kWatchedSeconds, " s");
  CHECK(files > 0);
  CHECK(files < 18 * 1024);
  CHECK(anonymous < 8 * 1024);
  CHECK(threads <= 14);
  CHECK(switches < 8 * kWatchedSeconds);
}

}  // namespace
}  // namespace baokms::e2e
