#include "adapters/telemetry/process_metrics.h"

#include <dirent.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

namespace baokms::adapters::telemetry {
namespace {

double Seconds(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

double SoftLimit(__rlimit_resource resource) {
  rlimit limit{};
  if (::getrlimit(resource, &limit) != 0) return 0;
  return static_cast<double>(limit.rlim_cur);
}

double CountDescriptors() {
  DIR* const directory = ::opendir("/proc/self/fd");
  if (directory == nullptr) return 0;
  // ".", ".." and the directory's own descriptor do not count.
  int entries = -3;
  while (::readdir(directory) != nullptr) ++entries;
  ::closedir(directory);
  return entries > 0 ? entries : 0;
}

}  // namespace

ProcessReading ReadProcess() {
  ProcessReading reading;
  reading.virtual_max_bytes = SoftLimit(RLIMIT_AS);
  reading.max_fds = SoftLimit(RLIMIT_NOFILE);
  reading.open_fds = CountDescriptors();

  std::ifstream file("/proc/self/stat");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  // The program's name, in parentheses, may hold whitespace and parentheses.
  const std::size_t after_name = text.rfind(')');
  if (after_name == std::string::npos) return reading;
  std::istringstream fields(text.substr(after_name + 1));
  // proc(5): field 3 comes first here.
  std::string skipped;
  const auto skip = [&](int count) {
    while (count-- > 0) fields >> skipped;
  };
  double user_ticks = 0;
  double system_ticks = 0;
  double start_ticks = 0;
  double resident_pages = 0;
  skip(11);
  fields >> user_ticks >> system_ticks;
  skip(6);
  fields >> start_ticks >> reading.virtual_bytes >> resident_pages;
  if (!fields) return reading;
  const auto ticks_a_second = static_cast<double>(::sysconf(_SC_CLK_TCK));
  reading.cpu_seconds = (user_ticks + system_ticks) / ticks_a_second;
  reading.resident_bytes = resident_pages * static_cast<double>(::sysconf(_SC_PAGESIZE));
  // Not from /proc/stat, which a confined process may not read.
  reading.start_time_seconds =
      Seconds(CLOCK_REALTIME) - Seconds(CLOCK_BOOTTIME) + start_ticks / ticks_a_second;
  return reading;
}

}  // namespace baokms::adapters::telemetry
