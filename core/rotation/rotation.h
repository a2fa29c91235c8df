// One observation of Transit's metadata against the registry: what the next generation is, or why
// the metadata is refused (registry-and-rotation.md, "Rotation"). Pure: the caller reads, saves and
// publishes.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <vector>

#include "core/model/readiness.h"
#include "core/model/transit_key_metadata.h"
#include "core/registry/registry.h"

namespace baokms::core {

struct RotationPolicy {
  std::int64_t required_observations = 3;  // >= 1
  bool reject_version_rollback = true;
};

enum class ObservationKind : std::uint8_t {
  kRegular,    // counts towards a candidate's stability
  kDiscovery,  // records what it finds and counts nothing
};

struct Observation {
  // None: the registry stays as it is.
  std::optional<Registry> next;
  // The candidate that `next` makes active; its deep probe comes before `next` is saved.
  bool promotes = false;
  // The version that is active after this observation is below min_encryption_version.
  bool encryption_blocked = false;
  // Retired versions that the key's minima forbid, ascending: degraded, not unhealthy.
  std::vector<TransitKeyVersion> undecryptable{};
};

// `may_promote`: the activation delay of the stable candidate is over. `wall`: seconds since 1970.
std::expected<Observation, Reason> Observe(const Registry& registry,
                                           const TransitKeyMetadata& metadata,
                                           const RotationPolicy& policy, ObservationKind kind,
                                           bool may_promote, UnixSeconds wall);

// Whether two generations differ only in a pending record's stable_observation_count or stable_at:
// a save of such a difference may wait (registry-and-rotation.md, "Save").
bool DifferOnlyInStability(const Registry& published, const Registry& candidate);

}  // namespace baokms::core
