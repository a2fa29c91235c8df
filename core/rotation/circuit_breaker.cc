#include "core/rotation/circuit_breaker.h"

namespace baokms::core {

void CircuitBreaker::Failed(MonotonicTime now) {
  if (failures_ < kFailuresToOpen) ++failures_;
  if (open()) open_until_ = now + kOpenFor;
}

}  // namespace baokms::core
