// The process_* series of Go's client library, from /proc/self alone (observability.md, "Metrics").
#pragma once

#include <cstdint>

namespace baokms::adapters::telemetry {

struct ProcessReading {
  double cpu_seconds = 0;
  double resident_bytes = 0;
  double virtual_bytes = 0;
  double virtual_max_bytes = 0;  // 2^64 when unlimited, as Go's client says it
  double open_fds = 0;
  double max_fds = 0;
  double start_time_seconds = 0;  // since 1970
};

// Zeroes where /proc/self cannot be read. Any thread.
ProcessReading ReadProcess();

}  // namespace baokms::adapters::telemetry
