#include "adapters/transit_http/sending/retry_allowance.h"

namespace baokms::adapters::transit_http {

RetryAllowance::Second& RetryAllowance::SecondOf(core::MonotonicTime now) {
  const std::int64_t number =
      std::chrono::floor<std::chrono::seconds>(now.time_since_epoch()).count();
  Second& second = seconds_[static_cast<std::size_t>(number) % seconds_.size()];
  if (second.number != number) second = {.number = number};
  return second;
}

bool RetryAllowance::Take(core::MonotonicTime now) {
  Second& current = SecondOf(now);
  std::uint64_t requests = 0;
  std::uint64_t extra = 0;
  for (const Second& second : seconds_) {
    if (second.number + static_cast<std::int64_t>(seconds_.size()) <= current.number) continue;
    requests += second.requests;
    extra += second.extra;
  }
  if (static_cast<double>(extra) >= fraction_ * static_cast<double>(requests) + base_) return false;
  ++current.extra;
  return true;
}

}  // namespace baokms::adapters::transit_http
