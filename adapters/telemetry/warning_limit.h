// Keeps a storm of failing requests from flooding the log (observability.md, "Logs").
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>

#include "core/model/time.h"

namespace baokms::adapters::telemetry {

class WarningLimit {
 public:
  static constexpr int kMostASecond = 10;

  // nullopt: say nothing. Else the number of warnings suppressed since the last one that passed.
  // Any thread.
  std::optional<std::int64_t> Admit(core::MonotonicTime now);
  // What has been suppressed and not told yet; told with that.
  std::int64_t TakeSuppressed();

 private:
  std::mutex mutex_;
  std::optional<core::MonotonicTime> second_began_;
  int passed_ = 0;
  std::int64_t suppressed_ = 0;
};

}  // namespace baokms::adapters::telemetry
