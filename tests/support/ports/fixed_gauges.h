#pragma once

#include "ports/gauges.h"

namespace baokms::testing {

// Set the fields before others read.
class FixedGauges final : public ports::Gauges {
 public:
  ports::GaugeReading reading;
  ports::HealthReading health;
  ports::StatusReading status;

  ports::GaugeReading ReadGauges() const override { return reading; }
  ports::HealthReading ReadHealth() const override { return health; }
  ports::StatusReading ReadStatus() const override { return status; }
};

}  // namespace baokms::testing
