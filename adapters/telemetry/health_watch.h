// When Status became healthy again: the one line that ends an outage in a log at info
// (observability.md has the warnings that begin it).
#pragma once

#include <mutex>
#include <optional>
#include <utility>

#include "core/model/time.h"

namespace baokms::adapters::telemetry {

// Any thread.
class HealthWatch {
 public:
  // After each probe. How long Status was unhealthy, when this probe ended that; none for the first
  // healthy one, which serve.ready tells of.
  std::optional<core::Duration> Saw(bool healthy, core::BootTime now) {
    const std::lock_guard lock(mutex_);
    if (!healthy) {
      if (was_healthy_ && !unhealthy_since_) unhealthy_since_ = now;
      return std::nullopt;
    }
    was_healthy_ = true;
    const auto since = std::exchange(unhealthy_since_, std::nullopt);
    return since ? std::optional<core::Duration>(now - *since) : std::nullopt;
  }

 private:
  std::mutex mutex_;
  bool was_healthy_ = false;
  std::optional<core::BootTime> unhealthy_since_;
};

}  // namespace baokms::adapters::telemetry
