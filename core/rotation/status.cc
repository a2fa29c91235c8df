#include "core/rotation/status.h"

#include <algorithm>

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
  const auto add = [&reasons](Reason reason) {
    if (std::ranges::find(reasons, reason) == reasons.end()) reasons.push_back(reason);
  };
  if (!view.keys) add(Reason::kStateUnavailable);
  if (view.metadata_reason) add(*view.metadata_reason);
  if (view.deep_reason) add(*view.deep_reason);
  if (view.encryption_blocked) add(Reason::kEncryptionBlocked);
  // Before the first good probe the metadata reason says it already.
  if (IsStale(view, now) && (view.verified_at || !view.metadata_reason)) {
    add(Reason::kStatusStale);
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
