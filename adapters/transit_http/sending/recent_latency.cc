#include "adapters/transit_http/sending/recent_latency.h"

#include <algorithm>

namespace baokms::adapters::transit_http {

void RecentLatency::Add(core::Duration took) {
  samples_[added_ % samples_.size()] = took;
  ++added_;
  const std::size_t count = std::min(added_, samples_.size());
  std::array<core::Duration, std::tuple_size_v<decltype(samples_)>> sorted = samples_;
  const auto at = sorted.begin() + static_cast<std::ptrdiff_t>((count - 1) * 99 / 100);
  std::nth_element(sorted.begin(), at, sorted.begin() + static_cast<std::ptrdiff_t>(count));
  percentile99_ = *at;
}

std::optional<core::Duration> RecentLatency::Lately() const {
  const std::size_t count = std::min<std::size_t>(added_, 8);
  if (count == 0) return std::nullopt;
  core::Duration sum{};
  for (std::size_t i = 1; i <= count; ++i) sum += samples_[(added_ - i) % samples_.size()];
  return sum / static_cast<std::int64_t>(count);
}

}  // namespace baokms::adapters::transit_http
