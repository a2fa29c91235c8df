#include "core/registry/retirement.h"

#include <algorithm>

#include "core/registry/recorded_identity.h"

namespace baokms::core {
namespace {

using Kind = ChangeRefusalKind;

std::unexpected<ChangeRefusal> Refuse(Kind kind, std::string text) {
  return std::unexpected(ChangeRefusal{kind, std::move(text)});
}

std::string Version(TransitKeyVersion version) { return "version " + version.ToString(); }

std::string Explain(IdentityFault fault, const TransitKeyMetadata& metadata) {
  constexpr std::string_view kRestore = "; restore OpenBao from a backup that holds this version";
  std::string text;
  switch (fault) {
    case IdentityFault::kDisallowed:
      return "it is below the key's min_decryption_version=" +
             std::to_string(metadata.min_decryption_version) + "; lower it on the key";
    case IdentityFault::kTrimmed:
      text = "it was trimmed from the Transit key (min_available_version=" +
             std::to_string(metadata.min_available_version) + ")";
      break;
    case IdentityFault::kNotListed:
      text = "Transit does not list it";
      break;
    case IdentityFault::kRecreated:
      text =
          "Transit lists a different creation time than the recorded one, so the key was recreated";
      break;
  }
  return text += kRestore;
}

// Every version that decrypts after the change must hold against live metadata.
std::expected<void, ChangeRefusal> Validate(const Registry& after,
                                            const std::set<TransitKeyVersion>& changed,
                                            const TransitKeyMetadata& metadata,
                                            const CreationTimes& times) {
  for (const KeySnapshot& snapshot : after.snapshots()) {
    if (!snapshot.decrypts()) continue;
    const auto fault = FaultOfIdentity(snapshot, metadata, times);
    if (!fault) continue;
    std::string text = Version(snapshot.version);
    if (changed.contains(snapshot.version)) {
      text += " cannot be restored: " + Explain(*fault, metadata);
    } else {
      text += " is kept but can no longer decrypt: " + Explain(*fault, metadata);
      if (snapshot.state == SnapshotState::kRetired) text += ", or retire it as well";
    }
    return Refuse(Kind::kIdentityLost, std::move(text));
  }
  return {};
}

std::expected<RegistryChange, ChangeRefusal> Judge(const Registry& registry,
                                                   const std::set<TransitKeyVersion>& versions,
                                                   SnapshotState from, std::optional<Registry> next,
                                                   const TransitKeyMetadata& metadata,
                                                   const CreationTimes& times) {
  if (!next && !versions.empty()) {
    return Refuse(Kind::kNoGenerationLeft, "the state's generation has reached its maximum");
  }
  if (auto valid = Validate(next ? *next : registry, versions, metadata, times); !valid) {
    return std::unexpected(valid.error());
  }
  RegistryChange change{.next = std::move(next), .changed = {}};
  for (const KeySnapshot& snapshot : registry.snapshots()) {
    if (snapshot.state == from && versions.contains(snapshot.version)) {
      change.changed.push_back(snapshot);
    }
  }
  std::ranges::sort(change.changed, {}, &KeySnapshot::version);
  return change;
}

bool IsRecorded(const Registry& registry, TransitKeyVersion version, SnapshotState state) {
  return std::ranges::any_of(registry.snapshots(), [&](const KeySnapshot& snapshot) {
    return snapshot.version == version && snapshot.state == state;
  });
}

}  // namespace

std::expected<RegistryChange, ChangeRefusal> RetireVersions(const Registry& registry,
                                                            const TransitKeyMetadata& metadata,
                                                            TransitKeyVersion before) {
  const TransitKeyVersion active = registry.active().version;
  if (before > active) {
    return Refuse(Kind::kNotBelowActive, "only versions below the active version " +
                                             active.ToString() +
                                             " can be retired: use that version or a lower one");
  }
  const auto times = RelyOn(metadata);
  if (!times) return Refuse(Kind::kMetadataUnfit, times.error());
  const TransitKeyVersion newest =
      registry.pending() == nullptr ? active : registry.pending()->version;
  if (metadata.latest_version < newest.number()) {
    return Refuse(Kind::kVersionRollback,
                  "the Transit key has latest_version=" + std::to_string(metadata.latest_version) +
                      ", below the recorded version " + newest.ToString() +
                      ": OpenBao was restored from an older backup; restore a newer one");
  }
  std::set<TransitKeyVersion> versions;
  for (const KeySnapshot& snapshot : registry.snapshots()) {
    if (snapshot.state == SnapshotState::kRetired && snapshot.version < before) {
      versions.insert(snapshot.version);
    }
  }
  return Judge(registry, versions, SnapshotState::kRetired, registry.WithRetiredRemoved(versions),
               metadata, *times);
}

std::expected<RegistryChange, ChangeRefusal> RestoreVersions(
    const Registry& registry, const TransitKeyMetadata& metadata,
    const std::set<TransitKeyVersion>& versions) {
  for (const TransitKeyVersion version : versions) {
    if (version >= registry.active().version) {
      return Refuse(Kind::kNotBelowActive, Version(version) +
                                               " cannot be restored: it is not below the active "
                                               "version " +
                                               registry.active().version.ToString());
    }
    if (!IsRecorded(registry, version, SnapshotState::kRemoved)) {
      return Refuse(Kind::kNotRemoved, Version(version) +
                                           " cannot be restored: it is not recorded as removed; "
                                           "check the state file for the versions that are");
    }
  }
  const auto times = RelyOn(metadata);
  if (!times) return Refuse(Kind::kMetadataUnfit, times.error());
  return Judge(registry, versions, SnapshotState::kRemoved, registry.WithRemovedRestored(versions),
               metadata, *times);
}

}  // namespace baokms::core
