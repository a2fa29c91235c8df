// Telemetry that nobody reads; what a test wants to hear it overrides.
#pragma once

#include "ports/telemetry.h"

namespace baokms::testing {

class QuietTelemetry : public ports::Telemetry {
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
  void RetiredUndecryptable(std::span<const std::int64_t>) override {}
  void StaleSocketRemoved() override {}
  void ClockRegressed() override {}
  void CaFileRefused() override {}
  void NameLookupFailed() override {}
  void NameLookupWorksAgain() override {}
};

}  // namespace baokms::testing
