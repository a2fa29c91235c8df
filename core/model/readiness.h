// Why Status is not healthy, or less than it should be: the readiness reasons of
// reports-and-labels.md.
#pragma once

#include <cstdint>
#include <string_view>

namespace baokms::core {

enum class Reason : std::uint8_t {
  kStateUnavailable,    // no registry state
  kStatusStale,         // the last good metadata probe is too long ago
  kMetadataUnverified,  // no metadata yet, or it contradicts a recorded identity
  kUpsertCheckFailed,
  kMetadataReadFailed,
  kUpsertAllowed,
  kProfileInvalid,
  kVersionRollback,
  kStateSaveFailed,
  kStatePublishFailed,
  kEncryptionBlocked,
  kDeepProbePending,
  kDeepProbeFailed,
  kDeepProbeInvalid,
  kCircuitBreakerOpen,
  kProbeFailed,
  kDiagnosticsUnavailable,
  // Degraded alone, Status stays healthy: objects under a retired version cannot be read.
  kRetiredVersionUndecryptable,
};

constexpr std::string_view Name(Reason reason) {
  switch (reason) {
    case Reason::kStateUnavailable:
      return "state_unavailable";
    case Reason::kStatusStale:
      return "status_stale";
    case Reason::kMetadataUnverified:
      return "metadata_unverified";
    case Reason::kUpsertCheckFailed:
      return "upsert_check_failed";
    case Reason::kMetadataReadFailed:
      return "metadata_read_failed";
    case Reason::kUpsertAllowed:
      return "upsert_allowed";
    case Reason::kProfileInvalid:
      return "profile_invalid";
    case Reason::kVersionRollback:
      return "version_rollback";
    case Reason::kStateSaveFailed:
      return "state_save_failed";
    case Reason::kStatePublishFailed:
      return "state_publish_failed";
    case Reason::kEncryptionBlocked:
      return "encryption_blocked";
    case Reason::kDeepProbePending:
      return "deep_probe_pending";
    case Reason::kDeepProbeFailed:
      return "deep_probe_failed";
    case Reason::kDeepProbeInvalid:
      return "deep_probe_invalid";
    case Reason::kCircuitBreakerOpen:
      return "circuit_breaker_open";
    case Reason::kProbeFailed:
      return "probe_failed";
    case Reason::kDiagnosticsUnavailable:
      return "diagnostics_unavailable";
    case Reason::kRetiredVersionUndecryptable:
      return "retired_version_undecryptable";
  }
  return "probe_failed";
}

}  // namespace baokms::core
