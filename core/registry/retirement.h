// What an operator alone may do to recorded versions, against Transit's live metadata
// (registry-and-rotation.md, "Retirement and restoration"). Pure: the caller holds the writer lock,
// reads, saves and reports.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/model/transit_key_metadata.h"
#include "core/registry/registry.h"

namespace baokms::core {

struct RegistryChange {
  // None: there is nothing to change.
  std::optional<Registry> next;
  // The records that `next` changes, as they are before it, by ascending version.
  std::vector<KeySnapshot> changed;
};

enum class ChangeRefusalKind : std::uint8_t {
  kMetadataUnfit,    // the key's settings or its listing of versions cannot be relied on
  kVersionRollback,  // latest_version is below the active version or a pending one
  kNotBelowActive,   // the version asked for is not one that may be changed
  kNotRemoved,       // the version to restore is not recorded as removed
  kIdentityLost,     // a version that would decrypt afterwards cannot, or was recreated
  kNoGenerationLeft,
};

struct ChangeRefusal {
  ChangeRefusalKind kind;
  // What is wrong and what to do, with version numbers and nothing else of the input.
  std::string text;
};

// Removes every retired version below `before`: they never decrypt again on this node, unless
// restored. A rotation that is under way or not yet observed stays as it is: it may depend on this
// change, never the other way round.
std::expected<RegistryChange, ChangeRefusal> RetireVersions(const Registry& registry,
                                                            const TransitKeyMetadata& metadata,
                                                            TransitKeyVersion before);

// Makes removed versions decrypt again: all of them or none.
std::expected<RegistryChange, ChangeRefusal> RestoreVersions(
    const Registry& registry, const TransitKeyMetadata& metadata,
    const std::set<TransitKeyVersion>& versions);

}  // namespace baokms::core
