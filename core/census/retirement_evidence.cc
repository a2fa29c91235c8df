#include "core/census/retirement_evidence.h"

#include <algorithm>

namespace baokms::core {

std::vector<KeySnapshot> RecordedVersions(const Registry& registry) {
  std::vector<KeySnapshot> recorded = registry.snapshots();
  std::ranges::sort(recorded, {}, &KeySnapshot::version);
  return recorded;
}

std::optional<RetirementEvidence> WeighRetirement(const KeyCensus& census,
                                                  const Registry& registry) {
  const std::vector<KeySnapshot> recorded = RecordedVersions(registry);
  const auto referenced = [&](const KeySnapshot& version) {
    return census.ObjectsUnder(version.key_id) > 0;
  };
  if (std::ranges::none_of(recorded, referenced)) return std::nullopt;

  // A pending version may encrypt next, on this node or already on a peer.
  const auto needed = [&](const KeySnapshot& version) {
    return version.state == SnapshotState::kActive || version.state == SnapshotState::kPending ||
           referenced(version);
  };
  RetirementEvidence evidence{.unreferenced = {},
                              .lowest_needed = std::ranges::find_if(recorded, needed)->version,
                              .removable = {},
                              .waiting = {}};
  for (const KeySnapshot& version : recorded) {
    if (version.state == SnapshotState::kActive || referenced(version)) continue;
    evidence.unreferenced.push_back(version);
    if (version.state != SnapshotState::kRetired) continue;
    const bool below = version.version < evidence.lowest_needed;
    (below ? evidence.removable : evidence.waiting).push_back(version.version);
  }
  return evidence;
}

}  // namespace baokms::core
