#include "tests/support/emulator/availability.h"

#include <algorithm>
#include <utility>

namespace baokms::emulator {

void Availability::SetSealed(bool sealed) {
  const std::lock_guard lock(mutex_);
  sealed_ = sealed;
}

bool Availability::sealed() const {
  const std::lock_guard lock(mutex_);
  return sealed_;
}

void Availability::SetStandby(Standby standby) {
  const std::lock_guard lock(mutex_);
  standby_ = std::move(standby);
}

Standby Availability::standby() const {
  const std::lock_guard lock(mutex_);
  return standby_;
}

void Availability::SetQuota(const std::string& name, const std::string& path, double rate,
                            std::int64_t interval_seconds) {
  const std::lock_guard lock(mutex_);
  quotas_[name] = Quota{path, rate, std::max<std::int64_t>(1, interval_seconds) * 1000, 0, 0};
}

void Availability::RemoveQuota(const std::string& name) {
  const std::lock_guard lock(mutex_);
  quotas_.erase(name);
}

bool Availability::Allows(std::string_view path) {
  const std::lock_guard lock(mutex_);
  for (auto& [name, quota] : quotas_) {
    if (!path.starts_with(quota.path)) continue;
    const std::int64_t now = clock_.UnixMillis();
    if (now - quota.window_start >= quota.interval_millis) {
      quota.window_start = now;
      quota.used = 0;
    }
    if (quota.used + 1 > quota.rate) return false;
    ++quota.used;
  }
  return true;
}

}  // namespace baokms::emulator
