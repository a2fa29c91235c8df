// Stops a probe that keeps failing for a while (registry-and-rotation.md, "Probes and Status
// cache").
#pragma once

#include "core/model/time.h"

namespace baokms::core {

class CircuitBreaker {
 public:
  static constexpr int kFailuresToOpen = 3;
  static constexpr Duration kOpenFor = std::chrono::seconds(30);

  // While open nothing may be tried; when that is over, one trial may.
  bool Allows(MonotonicTime now) const { return now >= open_until_; }
  bool open() const { return failures_ >= kFailuresToOpen; }
  void Succeeded() { failures_ = 0; }
  // There is reason to believe that a trial succeeds: one may be made now.
  void AllowTrial() { open_until_ = MonotonicTime::min(); }
  // One failed trial opens it again.
  void Failed(MonotonicTime now);

  friend bool operator==(const CircuitBreaker&, const CircuitBreaker&) = default;

 private:
  int failures_ = 0;
  MonotonicTime open_until_ = MonotonicTime::min();
};

}  // namespace baokms::core
