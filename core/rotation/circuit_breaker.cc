#include "core/rotation/circuit_breaker.h"

#include <algorithm>

namespace baokms::core {

Duration CircuitBreaker::Pause(Duration first, Duration longest, Duration interval) const {
  if (failures_ == 0) return interval;
  return std::min<Duration>(longest, first * (1LL << (failures_ - 1)));
}

}  // namespace baokms::core
