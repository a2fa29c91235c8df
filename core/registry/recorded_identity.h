// Whether Transit still honours the versions that the registry recorded (registry-and-rotation.md,
// "Transit metadata profile": every active, pending and retired snapshot; "Rotation": rollbacks).
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/model/key_snapshot.h"
#include "core/model/transit_key_metadata.h"
#include "core/registry/registry.h"

namespace baokms::core {

using CreationTimes = std::map<std::int64_t, UnixSeconds>;  // by version

// The key's creation times when its settings and its listing of versions can be relied on; else
// what is wrong and what to do.
std::expected<CreationTimes, std::string> RelyOn(const TransitKeyMetadata& metadata);

enum class IdentityFault : std::uint8_t {
  kTrimmed,     // below min_available_version: gone for good
  kDisallowed,  // below min_decryption_version
  kNotListed,   // above latest_version, or without a creation time
  kRecreated,   // listed with another creation time than the recorded one, whatever the minima
};

// None: it decrypts as recorded. `times` are the metadata's reliable ones
// (core/transit/transit_profile.h).
std::optional<IdentityFault> FaultOfIdentity(const KeySnapshot& recorded,
                                             const TransitKeyMetadata& metadata,
                                             const CreationTimes& times);

struct FaultyIdentity {
  KeySnapshot recorded;
  IdentityFault fault;

  // A retired version that the key's minima forbid: what was written under it cannot be read, and
  // no write depends on it. Every other fault makes the whole metadata unfit to go on with.
  bool only_degrades() const {
    return recorded.state == SnapshotState::kRetired &&
           (fault == IdentityFault::kTrimmed || fault == IdentityFault::kDisallowed);
  }
};

// Of every record that decrypts, in the registry's order.
std::vector<FaultyIdentity> FaultsOfIdentities(const Registry& registry,
                                               const TransitKeyMetadata& metadata,
                                               const CreationTimes& times);

enum class VersionRollback : std::uint8_t {
  kBelowActive,
  kAboveActive,  // the active version is still there, a newer one that was recorded is not
};

// Whether the key's latest version is below one that this registry relies on.
std::optional<VersionRollback> FindVersionRollback(const Registry& registry,
                                                   const TransitKeyMetadata& metadata);

// The version is below min_encryption_version.
bool EncryptionBlocked(TransitKeyVersion version, const TransitKeyMetadata& metadata);

}  // namespace baokms::core
