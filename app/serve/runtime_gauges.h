// Metrics' gauges and the health pages, read from what the control loop published.
#pragma once

#include <atomic>

#include "app/published_view.h"
#include "app/serve/state_watch.h"
#include "app/serve/token_driver.h"
#include "ports/clock.h"
#include "ports/gauges.h"

namespace baokms::app {

class RuntimeGauges final : public ports::Gauges {
 public:
  RuntimeGauges(const ports::Clock& clock, const PublishedView& view, const TokenDriver& tokens,
                const StateWatch& files)
      : clock_(clock), view_(view), tokens_(tokens), files_(files) {}

  ports::GaugeReading ReadGauges() const override;
  ports::HealthReading ReadHealth() const override;
  // The socket serves, or does so no more.
  void SetLive(bool live) { live_ = live; }
  // From now on nobody should send new requests here.
  void BeginDrain() { draining_ = true; }

 private:
  const ports::Clock& clock_;
  const PublishedView& view_;
  const TokenDriver& tokens_;
  const StateWatch& files_;
  std::atomic<bool> live_ = false;
  std::atomic<bool> draining_ = false;
};

}  // namespace baokms::app
