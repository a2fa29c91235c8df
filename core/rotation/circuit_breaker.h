// Counts how often the calls of one kind of probe failed in a row, which decides three things: when
// the probe is repeated, when its failure becomes Status, and when the breaker opens
// (registry-and-rotation.md, "Probes and Status cache"; request-scheduling.md, "Probes and
// recovery").
#pragma once

#include "core/model/time.h"

namespace baokms::core {

class CircuitBreaker {
 public:
  static constexpr int kFailuresToOpen = 3;

  // While open, no discovery is sent; the repeated probes are its trials.
  bool open() const { return failures_ >= kFailuresToOpen; }
  int failures() const { return failures_; }
  void Succeeded() { failures_ = 0; }
  void Failed() {
    if (failures_ < kMostFailures) ++failures_;
  }
  // From the end of a probe to the next one: `interval` after a success; `first` after the first
  // failure, twice as long after each further one, at most `longest`.
  Duration Pause(Duration first, Duration longest, Duration interval) const;

  friend bool operator==(const CircuitBreaker&, const CircuitBreaker&) = default;

 private:
  // A pause that was doubled so often is longer than any interval that the configuration accepts.
  static constexpr int kMostFailures = 26;

  int failures_ = 0;
};

}  // namespace baokms::core
