// Health, from the published view and the time (registry-and-rotation.md, "Probes and Status
// cache").
#pragma once

#include <vector>

#include "core/model/key_view.h"
#include "core/model/time.h"

namespace baokms::core {

// Time since the last good metadata probe ended; none before the first.
std::optional<Duration> CacheAge(const KeyView& view, BootTime now);

// The last probe is too long ago, or there was none yet.
bool IsStale(const KeyView& view, BootTime now);

// Everything that keeps Status from being healthy; empty: healthy.
std::vector<Reason> UnhealthyReasons(const KeyView& view, BootTime now);

// What else is not as it should be: Status is healthy with it.
std::vector<Reason> DegradedReasons(const KeyView& view);

// UnhealthyReasons() is empty, without building the list: requests ask this.
bool IsHealthy(const KeyView& view, BootTime now);

}  // namespace baokms::core
