// Judges Transit's key metadata by itself (registry-and-rotation.md, "Transit metadata profile").
#pragma once

#include <expected>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/transit_key_metadata.h"
#include "core/model/transit_key_version.h"

namespace baokms::core {

enum class ProfileImpact { kCryptographicSafety, kApiServerAvailability };

struct ProfileFinding {
  std::string_view code;
  ProfileImpact impact;
  std::string_view advice;  // what to change on the key
};

// Every setting that makes the key unfit; each blocks. Empty: fit.
std::vector<ProfileFinding> TransitProfileFindings(const TransitKeyMetadata& metadata);

// The codes of what makes the key or its listing unfit, for a person: "exportable, derived". Empty:
// fit.
std::string DescribeProfile(const TransitKeyMetadata& metadata);

// Creation second by version, once the listing can be relied on: not soft-deleted, numbers in
// range, no version twice or above latest, a time for every version that Transit can still use.
// Otherwise the code of what is wrong.
std::expected<std::map<std::int64_t, UnixSeconds>, std::string_view> ReliableCreationTimes(
    const TransitKeyMetadata& metadata);

}  // namespace baokms::core
