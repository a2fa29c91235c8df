#include "core/rotation/status.h"

namespace baokms::core {

std::optional<Duration> CacheAge(const KeyView& view, BootTime now) {
  if (!view.verified_at) return std::nullopt;
  return now - *view.verified_at;
}

bool IsStale(const KeyView& view, BootTime now) {
  const auto age = CacheAge(view, now);
  return !age || *age > view.max_staleness;
}

std::vector<Reason> UnhealthyReasons(const KeyView& view, BootTime now) {
  std::vector<Reason> reasons;
  if (!view.keys) reasons.push_back(Reason::kStateUnavailable);
  if (view.metadata_reason) reasons.push_back(*view.metadata_reason);
  if (view.deep_reason) reasons.push_back(*view.deep_reason);
  if (view.encryption_blocked) reasons.push_back(Reason::kEncryptionBlocked);
  // Before the first good probe the metadata reason says it already.
  if (IsStale(view, now) && (view.verified_at || !view.metadata_reason)) {
    reasons.push_back(Reason::kStatusStale);
  }
  return reasons;
}

std::vector<Reason> DegradedReasons(const KeyView& view) {
  if (view.undecryptable.empty()) return {};
  return {Reason::kRetiredVersionUndecryptable};
}

bool IsHealthy(const KeyView& view, BootTime now) {
  return view.keys && !view.metadata_reason && !view.deep_reason && !view.encryption_blocked &&
         !IsStale(view, now);
}

}  // namespace baokms::core
