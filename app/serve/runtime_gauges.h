// Metrics' gauges and the health pages, read from what the control loop published.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>

#include "app/published_view.h"
#include "app/serve/probe_history.h"
#include "app/serve/state_watch.h"
#include "app/serve/token_driver.h"
#include "core/model/configuration.h"
#include "core/model/key_view.h"
#include "ports/clock.h"
#include "ports/gauges.h"

namespace baokms::app {

class RuntimeGauges final : public ports::Gauges {
 public:
  // What they are read from; all outlive the gauges.
  struct Sources {
    const ports::Clock& clock;
    const PublishedView& view;
    const TokenDriver& tokens;
    const ProbeHistory& probes;
    const StateWatch& files;
  };
  struct Facts {
    core::AuthMethod auth_method = core::AuthMethod::kJwt;
    std::int64_t required_observations = 0;
    std::string program_version{};
    std::string identity_fingerprint{};
  };
  RuntimeGauges(Sources sources, Facts facts) : sources_(sources), facts_(std::move(facts)) {}

  ports::GaugeReading ReadGauges() const override;
  ports::HealthReading ReadHealth() const override;
  ports::StatusReading ReadStatus() const override;
  // The socket serves, or does so no more.
  void SetLive(bool live) { live_ = live; }
  // From now on nobody should send new requests here.
  void BeginDrain() { draining_ = true; }

 private:
  ports::HealthReading HealthOf(const core::KeyView& view, core::BootTime now) const;

  const Sources sources_;
  const Facts facts_;
  std::atomic<bool> live_ = false;
  std::atomic<bool> draining_ = false;
};

}  // namespace baokms::app
