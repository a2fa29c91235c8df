// Keeps a storm of failing requests from flooding the log (observability.md, "Noise").
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>

#include "core/model/time.h"

namespace baokms::adapters::telemetry {

class WarningLimit {
 public:
  // Of warnings that pass in any second, wherever it begins.
  static constexpr std::size_t kMostASecond = 10;

  // nullopt: say nothing. Else the number of warnings suppressed since the last one that passed.
  // Any thread.
  std::optional<std::int64_t> Admit(core::MonotonicTime now);
  // What has been suppressed and not told yet; told with that.
  std::int64_t TakeSuppressed();

 private:
  std::mutex mutex_;
  // When the last ones passed, of which the next to pass replaces the oldest.
  std::array<std::optional<core::MonotonicTime>, kMostASecond> passed_;
  std::size_t oldest_ = 0;
  std::int64_t suppressed_ = 0;
};

}  // namespace baokms::adapters::telemetry
