#include "adapters/telemetry/warning_limit.h"

#include <chrono>
#include <utility>

namespace baokms::adapters::telemetry {

std::optional<std::int64_t> WarningLimit::Admit(core::MonotonicTime now) {
  const std::scoped_lock lock(mutex_);
  std::optional<core::MonotonicTime>& oldest = passed_[oldest_];
  if (oldest && now - *oldest < std::chrono::seconds(1)) {
    ++suppressed_;
    return std::nullopt;
  }
  oldest = now;
  oldest_ = (oldest_ + 1) % kMostASecond;
  return std::exchange(suppressed_, 0);
}

std::int64_t WarningLimit::TakeSuppressed() {
  const std::scoped_lock lock(mutex_);
  return std::exchange(suppressed_, 0);
}

}  // namespace baokms::adapters::telemetry
