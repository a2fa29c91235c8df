#include "tests/support/measure/process_usage.h"

#include <time.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/support/harness/harness_error.h"

namespace baokms::testing {
namespace {

std::int64_t Field(const std::string& file, const std::string& field) {
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(field + ":")) {
      return std::strtoll(line.c_str() + field.size() + 1, nullptr, 10);
    }
  }
  return 0;
}

}  // namespace

std::chrono::nanoseconds CpuTime(pid_t pid) {
  clockid_t clock = 0;
  timespec used{};
  if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &used) != 0) {
    throw HarnessError("no processor time of that process");
  }
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

std::int64_t ProcessStatus(pid_t pid, const std::string& field) {
  return Field("/proc/" + std::to_string(pid) + "/status", field);
}

std::int64_t ContextSwitches(pid_t pid) {
  std::int64_t switches = 0;
  std::error_code ended;  // a thread may end meanwhile
  for (const auto& task :
       std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task", ended)) {
    const std::string status = task.path().string() + "/status";
    switches += Field(status, "voluntary_ctxt_switches");
    switches += Field(status, "nonvoluntary_ctxt_switches");
  }
  return switches;
}

}  // namespace baokms::testing
