#include "tests/support/measure/system_calls.h"

#include <signal.h>

#include <chrono>
#include <memory>
#include <sstream>

#include "tests/support/harness/child_process.h"
#include "tests/support/harness/harness_error.h"
#include "tests/support/harness/temp_directory.h"
#include "tests/support/harness/within.h"

namespace baokms::testing {
namespace {

using namespace std::chrono_literals;

// Lines of "12 futex", between headings.
SystemCallCounts Parse(const std::string& summary) {
  SystemCallCounts counts;
  std::istringstream lines(summary);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::int64_t calls = 0;
    std::string name;
    if (words >> calls >> name && name != "total") counts[name] += calls;
  }
  return counts;
}

}  // namespace

std::expected<SystemCallCounts, std::string> CountSystemCalls(
    pid_t pid, const std::function<void()>& happens) {
  const TempDirectory directory;
  std::unique_ptr<ChildProcess> strace;
  try {
    strace = std::make_unique<ChildProcess>(
        ChildProcess::Options{.argv = {"strace", "-f", "-c", "-U", "calls,name", "-o",
                                       directory.File("summary"), "-p", std::to_string(pid)},
                              .stdout_file = directory.File("out"),
                              .stderr_file = directory.File("err")});
  } catch (const HarnessError&) {
    return std::unexpected("strace is missing");
  }
  // It says so once it has attached to every thread.
  const bool attached = Within(
      10s, 5ms, [&] { return strace->Stderr().contains(" attached") || !strace->Running(); });
  if (!attached || !strace->Running()) {
    return std::unexpected("strace may not trace the process");
  }
  happens();
  strace->Signal(SIGINT);
  if (!strace->Wait(10s)) throw HarnessError("strace does not end");
  SystemCallCounts counts = Parse(ReadWholeFile(directory.File("summary")));
  if (counts.empty()) throw HarnessError("strace counted nothing: " + strace->Stderr());
  return counts;
}

std::int64_t Total(const SystemCallCounts& counts) {
  std::int64_t total = 0;
  for (const auto& [name, calls] : counts) total += calls;
  return total;
}

}  // namespace baokms::testing
