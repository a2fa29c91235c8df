// What happened, told to metrics and logs in bounded words (observability.md,
// reports-and-labels.md). Every method: any thread, never blocks for long, never throws. Hashes
// only, never a raw key_id.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/model/error.h"
#include "core/model/kms_messages.h"
#include "core/model/login.h"
#include "core/model/openbao_operation.h"
#include "core/model/time.h"

namespace baokms::ports {

struct KmsRequestEvent {
  core::KmsMethod method = core::KmsMethod::kStatus;
  std::optional<core::Error> error;  // none: ok
  core::Duration duration{};
  std::string_view key_id_hash;          // empty: unknown
  std::int64_t transit_key_version = 0;  // 0: unknown
  std::string_view uid;                  // raw; hashed, and only under debug correlation
  std::string_view panic_type;           // set when an exception escaped a handler
};

struct OpenBaoRequestEvent {
  core::OpenBaoOperation operation{};
  core::OpenBaoStatus status{};
  core::Duration duration{};
  std::string_view request_id;  // OpenBao's; only under debug correlation
};

enum class ProbeKind : std::uint8_t { kMetadata, kDeep };

struct ProbeEvent {
  ProbeKind kind{};
  bool ok = false;
  std::string_view reason;  // a readiness reason; empty when ok
  std::optional<core::ErrorClass> error_class;
  core::Duration duration{};
  bool healthy = false;          // Status after this probe
  std::string_view key_id_hash;  // active
  std::int64_t transit_key_version = 0;
};

struct PromotionEvent {
  std::string_view key_id_hash;
  std::int64_t transit_key_version = 0;
  std::string_view previous_key_id_hash;
  std::int64_t previous_transit_key_version = 0;
};

class Telemetry {
 public:
  virtual ~Telemetry() = default;
  // Whether KmsRequestEvent::uid is printed now: only then a request keeps it.
  virtual bool TellsUids() const { return false; }
  virtual void KmsRequestStarted(core::KmsMethod method) = 0;
  // Exactly one for each start, rejections included.
  virtual void KmsRequestFinished(const KmsRequestEvent& event) = 0;
  virtual void OpenBaoRequestFinished(const OpenBaoRequestEvent& event) = 0;
  virtual void OpenBaoFailover() = 0;
  // One Transit request that carried `items` coalesced requests.
  virtual void TransitBatchSent(std::size_t /*items*/) {}
  // A reply served by another request's identical one.
  virtual void DecryptShared() {}
  virtual void LoginFinished(core::LoginStatus status, const core::Error* error,
                             core::Duration duration) = 0;
  virtual void RenewalFinished(core::LoginStatus status, const core::Error* error,
                               core::Duration duration) = 0;
  virtual void ProbeFinished(const ProbeEvent& event) = 0;
  // transit_metadata_observation_total{status}: ok, an OpenBaoStatus name, auth_failed, or a
  // reason.
  virtual void MetadataObserved(std::string_view status) = 0;
  virtual void KeyPromoted(const PromotionEvent& event) = 0;
  virtual void RotationPending(std::string_view key_id_hash, std::int64_t version) = 0;
  // The retired versions that OpenBao no longer decrypts, ascending, when they are other ones than
  // before; empty: there is none any more.
  virtual void RetiredUndecryptable(std::span<const std::int64_t> versions) = 0;
  virtual void StaleSocketRemoved() = 0;
  virtual void ClockRegressed() = 0;
  virtual void CaFileRefused() = 0;  // a changed CA file is unusable; the old one stays in use
  // OpenBao's host name: the last known addresses stay in use, if there are any.
  virtual void NameLookupFailed() = 0;
  virtual void NameLookupWorksAgain() = 0;
};

}  // namespace baokms::ports
