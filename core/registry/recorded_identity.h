// Whether Transit still honours a version that the registry recorded (registry-and-rotation.md,
// "Transit metadata profile": every active, pending and retired snapshot).
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "core/model/key_snapshot.h"
#include "core/model/transit_key_metadata.h"

namespace baokms::core {

using CreationTimes = std::map<std::int64_t, UnixSeconds>;  // by version

enum class IdentityFault : std::uint8_t {
  kTrimmed,     // below min_available_version: gone for good
  kDisallowed,  // below min_decryption_version
  kNotListed,   // above latest_version, or without a creation time
  kRecreated,   // another creation time than the recorded one
};

// None: it decrypts as recorded. `times` are the metadata's reliable ones
// (core/transit/transit_profile.h).
std::optional<IdentityFault> FaultOfIdentity(const KeySnapshot& recorded,
                                             const TransitKeyMetadata& metadata,
                                             const CreationTimes& times);

}  // namespace baokms::core
