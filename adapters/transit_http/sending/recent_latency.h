// What the last replies took: the transport's only knowledge of how fast OpenBao is now.
#pragma once

#include <array>
#include <cstddef>
#include <optional>

#include "core/model/time.h"

namespace baokms::adapters::transit_http {

// The last 128 samples, and the last few by themselves: when OpenBao turns slow, most of the 128
// tell of before for a long time. A value; no clock.
class RecentLatency {
 public:
  // Of an attempt that was answered, or that was given up after as long.
  void Add(core::Duration took);
  // None before the first sample.
  std::optional<core::Duration> Percentile99() const { return percentile99_; }
  // The mean of the last 8, as many as there are places.
  std::optional<core::Duration> Lately() const;

 private:
  std::array<core::Duration, 128> samples_{};
  std::size_t added_ = 0;
  std::optional<core::Duration> percentile99_{};  // asked for several times between two samples
};

}  // namespace baokms::adapters::transit_http
