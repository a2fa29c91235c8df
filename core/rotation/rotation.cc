#include "core/rotation/rotation.h"

#include <algorithm>
#include <limits>
#include <set>

#include "core/registry/recorded_identity.h"
#include "core/transit/transit_profile.h"
#include "core/wire/key_id.h"

namespace baokms::core {
namespace {

KeySnapshot Discovered(const Registry& registry, std::int64_t version, UnixSeconds created_at,
                       SnapshotState state, UnixSeconds observed_at) {
  const auto number = *TransitKeyVersion::FromNumber(version);
  return {.version = number,
          .created_at = created_at,
          .key_id = DeriveKeyId(registry.identity()->identity(), number, created_at),
          .state = state,
          .observed_at = observed_at};
}

// Once for all versions: a key may have skipped thousands.
std::set<std::int64_t> KnownVersions(const std::vector<KeySnapshot>& snapshots) {
  std::set<std::int64_t> versions;
  for (const KeySnapshot& snapshot : snapshots) versions.insert(snapshot.version.number());
  return versions;
}

// Retired records keep when they were seen and promoted, nothing of their candidacy.
void Retire(KeySnapshot& snapshot) {
  snapshot.state = SnapshotState::kRetired;
  snapshot.stable_observation_count = 0;
  snapshot.stable_at = 0;
}

// The candidate for latest_version, made if it is new: older candidates and skipped versions
// retire, because a peer may have encrypted under them.
KeySnapshot& Candidate(const Registry& registry, std::vector<KeySnapshot>& snapshots,
                       const CreationTimes& times, std::int64_t latest, UnixSeconds now) {
  for (KeySnapshot& snapshot : snapshots) {
    if (snapshot.state == SnapshotState::kPending && snapshot.version.number() < latest) {
      Retire(snapshot);
    }
  }
  const std::set<std::int64_t> known = KnownVersions(snapshots);
  for (auto skipped = times.upper_bound(registry.active().version.number());
       skipped != times.end() && skipped->first < latest; ++skipped) {
    if (known.contains(skipped->first)) continue;
    snapshots.push_back(
        Discovered(registry, skipped->first, skipped->second, SnapshotState::kRetired, now));
  }
  if (!known.contains(latest)) {
    snapshots.push_back(
        Discovered(registry, latest, times.at(latest), SnapshotState::kPending, now));
  }
  return *std::ranges::find_if(snapshots,
                               [&](const KeySnapshot& s) { return s.version.number() == latest; });
}

void CountObservation(KeySnapshot& candidate, const RotationPolicy& policy, UnixSeconds now) {
  if (candidate.stable_at != 0) return;
  if (candidate.stable_observation_count < std::numeric_limits<std::int64_t>::max()) {
    ++candidate.stable_observation_count;
  }
  if (candidate.stable_observation_count >= policy.required_observations) {
    candidate.stable_at = std::max(now, candidate.observed_at);
  }
}

void Promote(std::vector<KeySnapshot>& snapshots, KeySnapshot& candidate, UnixSeconds now) {
  for (KeySnapshot& snapshot : snapshots) {
    if (snapshot.state == SnapshotState::kActive) Retire(snapshot);
  }
  candidate.state = SnapshotState::kActive;
  candidate.promoted_at = std::max(now, candidate.observed_at);
}

// The versions of faults that only degrade; none when another kind is among them.
std::optional<std::vector<TransitKeyVersion>> UndecryptableVersions(
    const std::vector<FaultyIdentity>& faults) {
  if (!std::ranges::all_of(faults, &FaultyIdentity::only_degrades)) return std::nullopt;
  std::vector<TransitKeyVersion> versions;
  versions.reserve(faults.size());
  for (const FaultyIdentity& faulty : faults) versions.push_back(faulty.recorded.version);
  std::ranges::sort(versions);
  return versions;
}

}  // namespace

std::expected<Observation, Reason> Observe(const Registry& registry,
                                           const TransitKeyMetadata& metadata,
                                           const RotationPolicy& policy, ObservationKind kind,
                                           bool may_promote, UnixSeconds wall) {
  if (!TransitProfileFindings(metadata).empty()) return std::unexpected(Reason::kProfileInvalid);
  const std::int64_t latest = metadata.latest_version;
  const std::int64_t active = registry.active().version.number();
  const auto rollback = FindVersionRollback(registry, metadata);
  // A candidate that vanished is never dropped, whatever the policy on rollbacks of the active
  // version.
  if (rollback && (policy.reject_version_rollback || *rollback == VersionRollback::kAboveActive)) {
    return std::unexpected(Reason::kVersionRollback);
  }
  const auto times = ReliableCreationTimes(metadata);
  if (!times) return std::unexpected(Reason::kProfileInvalid);
  const auto undecryptable = UndecryptableVersions(FaultsOfIdentities(registry, metadata, *times));
  if (!undecryptable) return std::unexpected(Reason::kMetadataUnverified);
  const auto observed = [&](std::optional<Registry> next, bool promotes) {
    const TransitKeyVersion encrypts = (next ? *next : registry).active().version;
    return Observation{.next = std::move(next),
                       .promotes = promotes,
                       .encryption_blocked = EncryptionBlocked(encrypts, metadata),
                       .undecryptable = *undecryptable};
  };
  if (latest <= active) return observed(std::nullopt, /*promotes=*/false);

  const UnixSeconds now = std::max<UnixSeconds>(wall, 1);  // 0 means absent in the file
  std::vector<KeySnapshot> snapshots = registry.snapshots();
  KeySnapshot& candidate = Candidate(registry, snapshots, *times, latest, now);
  // A record above the active version that is no candidate (rejected by a hand-written file) stays
  // so.
  if (candidate.state != SnapshotState::kPending) {
    return std::unexpected(Reason::kMetadataUnverified);
  }
  if (kind == ObservationKind::kRegular) CountObservation(candidate, policy, now);
  const bool promotes =
      kind == ObservationKind::kRegular && may_promote && candidate.stable_at != 0;
  if (promotes) Promote(snapshots, candidate, now);
  if (snapshots == registry.snapshots()) return observed(std::nullopt, /*promotes=*/false);
  auto next = registry.Next(std::move(snapshots));
  if (!next) return std::unexpected(Reason::kStatePublishFailed);
  return observed(std::move(next), promotes);
}

bool DifferOnlyInStability(const Registry& published, const Registry& candidate) {
  std::vector<KeySnapshot> normal = candidate.snapshots();
  if (normal.size() != published.snapshots().size()) return false;
  for (KeySnapshot& snapshot : normal) {
    if (snapshot.state != SnapshotState::kPending) continue;
    const auto old =
        std::ranges::find(published.snapshots(), snapshot.key_id, &KeySnapshot::key_id);
    if (old == published.snapshots().end()) return false;
    snapshot.stable_observation_count = old->stable_observation_count;
    snapshot.stable_at = old->stable_at;
  }
  return std::ranges::is_permutation(normal, published.snapshots());
}

}  // namespace baokms::core
