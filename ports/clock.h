// Time, as a port: tests own it.
#pragma once

#include "core/model/time.h"

namespace baokms::ports {

class Clock {
 public:
  virtual ~Clock() = default;
  // Any thread; never blocks or fails.
  virtual core::ClockReading Now() const = 0;
};

}  // namespace baokms::ports
