#include "adapters/telemetry/process_metrics.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <ctime>

namespace baokms::adapters::telemetry {
namespace {

TEST_CASE("ReadProcess: the values are of this process") {
  const ProcessReading before = ReadProcess();
  CHECK(before.resident_bytes > 1e6);
  CHECK(before.virtual_bytes > before.resident_bytes);
  CHECK(before.max_fds > 0);
  const auto now = static_cast<double>(std::time(nullptr));
  CHECK(before.start_time_seconds <= now + 1);
  CHECK(before.start_time_seconds > now - 600);
  const int extra = ::open("/dev/null", O_RDONLY);
  CHECK(ReadProcess().open_fds == before.open_fds + 1);
  ::close(extra);
  CHECK(ReadProcess().open_fds == before.open_fds);
  const std::clock_t busy_until = std::clock() + CLOCKS_PER_SEC / 10;
  while (std::clock() < busy_until) {
  }
  CHECK(ReadProcess().cpu_seconds > before.cpu_seconds);
  CHECK(ReadProcess().cpu_seconds < 600);
}

TEST_CASE("ReadProcess: no limit on memory is said as by Go's client") {
  rlimit limit{};
  REQUIRE(::getrlimit(RLIMIT_AS, &limit) == 0);
  if (limit.rlim_cur == RLIM_INFINITY)
    CHECK(ReadProcess().virtual_max_bytes == 18446744073709551616.0);
}

}  // namespace
}  // namespace baokms::adapters::telemetry
