// The key identities that a run can meet, as small numbers and sets of them. One Transit version
// number is two identities when Transit was restored from a backup and rotated again.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/model/key_id.h"
#include "core/model/provider_identity.h"
#include "core/model/time.h"
#include "core/model/transit_key_version.h"

namespace baokms::core::model_check {

inline constexpr int kMostVersions = 3;

// version - 1 + kMostVersions * epoch; epoch 1 is after a restored backup.
using Identity = int;
using IdentitySet = std::uint8_t;

inline constexpr Identity kNoIdentity = -1;
// A well-formed key_id that no key version ever had.
inline constexpr Identity kStrayIdentity = 2 * kMostVersions;
inline constexpr int kIdentities = kStrayIdentity + 1;

constexpr Identity IdentityOf(int version, int epoch) {
  return version - 1 + kMostVersions * epoch;
}
constexpr int VersionOf(Identity identity) {
  return identity == kStrayIdentity ? kMostVersions + 1 : identity % kMostVersions + 1;
}
constexpr IdentitySet SetOf(Identity identity) {
  return identity < 0 ? IdentitySet{0} : static_cast<IdentitySet>(1U << identity);
}
constexpr bool Contains(IdentitySet set, Identity identity) { return (set & SetOf(identity)) != 0; }
constexpr IdentitySet Without(IdentitySet set, IdentitySet removed) {
  return static_cast<IdentitySet>(set & ~removed);
}

// Another key of the same mount: its records cannot be told from ours, only its fingerprint can.
ProviderIdentity OtherConfiguration();

TransitKeyVersion TransitVersionOf(Identity identity);
UnixSeconds CreatedAtOf(Identity identity);
const KeyId& KeyIdOf(Identity identity);
// kNoIdentity for a key_id that is none of them.
Identity IdentityWith(std::string_view key_id);

// "v2", or "v2'" for the one made after a restored backup.
std::string Name(Identity identity);
std::string Names(IdentitySet set);

}  // namespace baokms::core::model_check
