// What the ports under test need beside OpenBao: the machine's clock, and telemetry nobody reads.
#pragma once

#include <chrono>
#include <string_view>

#include "ports/clock.h"
#include "ports/telemetry.h"

namespace baokms::testing {

class MachineClock final : public ports::Clock {
 public:
  core::ClockReading Now() const override {
    const core::Duration since = std::chrono::steady_clock::now().time_since_epoch();
    return {.monotonic = core::MonotonicTime(since),
            .boot = core::BootTime(since),
            .wall = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())};
  }
};

class SilentTelemetry final : public ports::Telemetry {
 public:
  void KmsRequestStarted(core::KmsMethod) override {}
  void KmsRequestFinished(const ports::KmsRequestEvent&) override {}
  void OpenBaoRequestFinished(const ports::OpenBaoRequestEvent&) override {}
  void OpenBaoFailover() override {}
  void LoginFinished(core::LoginStatus, const core::Error*, core::Duration) override {}
  void RenewalFinished(core::LoginStatus, const core::Error*, core::Duration) override {}
  void ProbeFinished(const ports::ProbeEvent&) override {}
  void MetadataObserved(std::string_view) override {}
  void KeyPromoted(const ports::PromotionEvent&) override {}
  void RotationPending(std::string_view, std::int64_t) override {}
  void StaleSocketRemoved() override {}
  void ClockRegressed() override {}
  void CaFileRefused() override {}
};

}  // namespace baokms::testing
