#include "core/registry/recorded_identity.h"

namespace baokms::core {

std::optional<IdentityFault> FaultOfIdentity(const KeySnapshot& recorded,
                                             const TransitKeyMetadata& metadata,
                                             const CreationTimes& times) {
  const std::int64_t version = recorded.version.number();
  if (version < metadata.min_available_version) return IdentityFault::kTrimmed;
  if (version < metadata.min_decryption_version) return IdentityFault::kDisallowed;
  const auto listed = times.find(version);
  if (listed == times.end()) return IdentityFault::kNotListed;
  if (listed->second != recorded.created_at) return IdentityFault::kRecreated;
  return std::nullopt;
}

}  // namespace baokms::core
