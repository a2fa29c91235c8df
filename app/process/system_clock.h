// The machine's clocks.
#pragma once

#include "ports/clock.h"

namespace baokms::app {

class SystemClock final : public ports::Clock {
 public:
  core::ClockReading Now() const override;
};

}  // namespace baokms::app
