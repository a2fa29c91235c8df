#include "core/rotation/bootstrap.h"

#include <algorithm>

#include "core/transit/transit_profile.h"
#include "core/wire/key_id.h"

namespace baokms::core {

std::expected<Registry, BootstrapRefusal> Bootstrap(const Registry::Identity& identity,
                                                    const TransitKeyMetadata& metadata,
                                                    UnixSeconds wall) {
  if (!TransitProfileFindings(metadata).empty()) {
    return std::unexpected(BootstrapRefusal{Reason::kProfileInvalid, DescribeProfile(metadata)});
  }
  const auto not_first = [](std::string_view name, std::int64_t value) {
    return std::unexpected(BootstrapRefusal{Reason::kStateUnavailable,
                                            std::string(name) + "=" + std::to_string(value)});
  };
  if (metadata.latest_version > 1) return not_first("latest_version", metadata.latest_version);
  if (metadata.min_available_version > 1) {
    return not_first("min_available_version", metadata.min_available_version);
  }
  const auto times = ReliableCreationTimes(metadata);
  if (!times) {
    return std::unexpected(BootstrapRefusal{Reason::kProfileInvalid, std::string(times.error())});
  }
  const UnixSeconds now = std::max<UnixSeconds>(wall, 1);
  const auto first = TransitKeyVersion::First();
  const UnixSeconds created_at = times->at(1);
  return Registry::First(identity, {.version = first,
                                    .created_at = created_at,
                                    .key_id = DeriveKeyId(identity->identity(), first, created_at),
                                    .state = SnapshotState::kActive,
                                    .observed_at = now,
                                    .promoted_at = now});
}

}  // namespace baokms::core
