// Telemetry that nobody reads: of a command, whose report says everything, and of tests, which
// override what they want to hear.
#pragma once

#include "ports/telemetry.h"

namespace baokms::ports {

class NullTelemetry : public Telemetry {
 public:
  void KmsRequestStarted(core::KmsMethod) override {}
  void KmsRequestFinished(const KmsRequestEvent&) override {}
  void OpenBaoRequestFinished(const OpenBaoRequestEvent&) override {}
  void OpenBaoFailover() override {}
  void LoginFinished(core::LoginStatus, const core::Error*, core::Duration) override {}
  void RenewalFinished(core::LoginStatus, const core::Error*, core::Duration) override {}
  void ProbeFinished(const ProbeEvent&) override {}
  void MetadataObserved(std::string_view) override {}
  void KeyPromoted(const PromotionEvent&) override {}
  void RotationPending(std::string_view, std::int64_t) override {}
  void RetiredUndecryptable(std::span<const std::int64_t>) override {}
  void StaleSocketRemoved() override {}
  void ClockRegressed() override {}
  void CaFileRefused() override {}
  void NameLookupFailed() override {}
  void NameLookupWorksAgain() override {}
};

}  // namespace baokms::ports
