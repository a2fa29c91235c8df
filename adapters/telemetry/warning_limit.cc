#include "adapters/telemetry/warning_limit.h"

#include <chrono>
#include <utility>

namespace baokms::adapters::telemetry {

std::optional<std::int64_t> WarningLimit::Admit(core::MonotonicTime now) {
  const std::scoped_lock lock(mutex_);
  if (!second_began_ || now - *second_began_ >= std::chrono::seconds(1)) {
    second_began_ = now;
    passed_ = 0;
  }
  if (passed_ == kMostASecond) {
    ++suppressed_;
    return std::nullopt;
  }
  ++passed_;
  return std::exchange(suppressed_, 0);
}

std::int64_t WarningLimit::TakeSuppressed() {
  const std::scoped_lock lock(mutex_);
  return std::exchange(suppressed_, 0);
}

}  // namespace baokms::adapters::telemetry
