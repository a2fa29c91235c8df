#include "core/registry/recorded_identity.h"

#include <algorithm>

#include "core/transit/transit_profile.h"

namespace baokms::core {

std::expected<CreationTimes, std::string> RelyOn(const TransitKeyMetadata& metadata) {
  if (const auto findings = TransitProfileFindings(metadata); !findings.empty()) {
    return std::unexpected("the Transit key's settings are refused (" +
                           std::string(findings.front().code) +
                           "): " + std::string(findings.front().advice));
  }
  auto times = ReliableCreationTimes(metadata);
  if (!times) {
    return std::unexpected("Transit's information about the key is not reliable (" +
                           std::string(times.error()) + "): check the key in OpenBao first");
  }
  return *std::move(times);
}

std::optional<IdentityFault> FaultOfIdentity(const KeySnapshot& recorded,
                                             const TransitKeyMetadata& metadata,
                                             const CreationTimes& times) {
  const std::int64_t version = recorded.version.number();
  const auto listed = times.find(version);
  const bool is_listed = listed != times.end();
  if (is_listed && listed->second != recorded.created_at) return IdentityFault::kRecreated;
  if (version < metadata.min_available_version) return IdentityFault::kTrimmed;
  if (version < metadata.min_decryption_version) return IdentityFault::kDisallowed;
  return is_listed ? std::nullopt : std::optional(IdentityFault::kNotListed);
}

std::vector<FaultyIdentity> FaultsOfIdentities(const Registry& registry,
                                               const TransitKeyMetadata& metadata,
                                               const CreationTimes& times) {
  std::vector<FaultyIdentity> faults;
  for (const KeySnapshot& recorded : registry.snapshots()) {
    if (!recorded.decrypts()) continue;
    const auto fault = FaultOfIdentity(recorded, metadata, times);
    if (fault) faults.push_back({.recorded = recorded, .fault = *fault});
  }
  return faults;
}

std::optional<VersionRollback> FindVersionRollback(const Registry& registry,
                                                   const TransitKeyMetadata& metadata) {
  const std::int64_t latest = metadata.latest_version;
  if (latest < 1) return std::nullopt;  // no version at all: the profile's finding
  if (latest < registry.active().version.number()) return VersionRollback::kBelowActive;
  const bool newer_is_gone =
      std::ranges::any_of(registry.snapshots(), [latest](const KeySnapshot& recorded) {
        return recorded.decrypts() && latest < recorded.version.number();
      });
  return newer_is_gone ? std::optional(VersionRollback::kAboveActive) : std::nullopt;
}

bool EncryptionBlocked(TransitKeyVersion version, const TransitKeyMetadata& metadata) {
  return version.number() < metadata.min_encryption_version;
}

}  // namespace baokms::core
