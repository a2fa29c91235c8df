#include "core/transit/transit_profile.h"

#include <algorithm>

namespace baokms::core {

std::vector<ProfileFinding> TransitProfileFindings(const TransitKeyMetadata& metadata) {
  using enum ProfileImpact;
  std::vector<ProfileFinding> findings;
  const auto add_if = [&](bool found, std::string_view code, ProfileImpact impact,
                          std::string_view advice) {
    if (found) findings.push_back({code, impact, advice});
  };
  add_if(metadata.type != "aes256-gcm96", "unsupported_type", kCryptographicSafety,
         "use a key of type aes256-gcm96");
  add_if(metadata.exportable, "exportable", kCryptographicSafety,
         "use a key that was never made exportable");
  add_if(metadata.allow_plaintext_backup, "plaintext_backup", kCryptographicSafety,
         "use a key without allow_plaintext_backup");
  add_if(metadata.derived, "derived", kCryptographicSafety, "use a key without derivation");
  add_if(metadata.convergent_encryption, "convergent", kCryptographicSafety,
         "use a key without convergent encryption");
  add_if(metadata.deletion_allowed, "deletion_allowed", kApiServerAvailability,
         "set deletion_allowed=false on the key");
  add_if(metadata.min_encryption_version > metadata.latest_version, "min_encryption_version",
         kApiServerAvailability, "lower min_encryption_version to latest_version or below");
  add_if(metadata.min_decryption_version > metadata.latest_version, "min_decryption_version",
         kApiServerAvailability, "lower min_decryption_version to latest_version or below");
  add_if(!metadata.supports_encryption, "encryption_unsupported", kApiServerAvailability,
         "use a key that supports encryption");
  add_if(!metadata.supports_decryption, "decryption_unsupported", kApiServerAvailability,
         "use a key that supports decryption");
  return findings;
}

std::string DescribeProfile(const TransitKeyMetadata& metadata) {
  std::string codes;
  for (const ProfileFinding& finding : TransitProfileFindings(metadata)) {
    if (!codes.empty()) codes += ", ";
    codes += finding.code;
  }
  if (!codes.empty()) return codes;
  const auto times = ReliableCreationTimes(metadata);
  return times ? std::string() : std::string(times.error());
}

std::expected<std::map<std::int64_t, UnixSeconds>, std::string_view> ReliableCreationTimes(
    const TransitKeyMetadata& metadata) {
  if (metadata.soft_deleted) return std::unexpected("soft_deleted");
  if (metadata.latest_version < 1) return std::unexpected("latest_version");
  if (metadata.min_available_version < 0 ||
      metadata.min_available_version > metadata.latest_version) {
    return std::unexpected("min_available_version");
  }
  std::map<std::int64_t, UnixSeconds> times;
  for (const TransitVersionTime& entry : metadata.versions) {
    if (entry.version < 1 || entry.version > metadata.latest_version) {
      return std::unexpected("version_out_of_range");
    }
    if (entry.created_at <= 0) return std::unexpected("creation_time_missing");
    if (!times.emplace(entry.version, entry.created_at).second) {
      return std::unexpected("version_listed_twice");
    }
  }
  const std::int64_t oldest =
      std::max<std::int64_t>({1, metadata.min_available_version, metadata.min_decryption_version});
  // Counting first bounds the work by what was listed, whatever latest_version says.
  const auto usable = std::distance(times.lower_bound(oldest), times.end());
  if (usable != metadata.latest_version - oldest + 1) {
    return std::unexpected("creation_time_missing");
  }
  return times;
}

}  // namespace baokms::core
