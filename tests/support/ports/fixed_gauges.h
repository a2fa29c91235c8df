#pragma once

#include "ports/gauges.h"

namespace baokms::testing {

// Set the fields before others read.
class FixedGauges final : public ports::Gauges {
 public:
  ports::GaugeReading reading;
  ports::HealthReading health;

  ports::GaugeReading ReadGauges() const override { return reading; }
  ports::HealthReading ReadHealth() const override { return health; }
};

}  // namespace baokms::testing
