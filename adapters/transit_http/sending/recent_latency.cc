#include "adapters/transit_http/sending/recent_latency.h"

#include <algorithm>

namespace baokms::adapters::transit_http {

void RecentLatency::Add(core::Duration took) {
  core::Duration& slot = samples_[added_ % samples_.size()];
  if (added_ >= samples_.size()) sum_ -= slot;
  slot = took;
  sum_ += took;
  ++added_;
}

std::optional<core::Duration> RecentLatency::Mean() const {
  if (added_ == 0) return std::nullopt;
  return sum_ / static_cast<std::int64_t>(std::min(added_, samples_.size()));
}

std::optional<core::Duration> RecentLatency::Percentile(std::size_t percent) const {
  if (added_ == 0) return std::nullopt;
  const std::size_t count = std::min(added_, samples_.size());
  std::array<core::Duration, std::tuple_size_v<decltype(samples_)>> sorted = samples_;
  const auto at = sorted.begin() + static_cast<std::ptrdiff_t>((count - 1) * percent / 100);
  std::nth_element(sorted.begin(), at, sorted.begin() + static_cast<std::ptrdiff_t>(count));
  return *at;
}

}  // namespace baokms::adapters::transit_http
