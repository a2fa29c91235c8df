// Carrying a v1alpha1 state over to v1alpha2 (registry-and-rotation.md, "State file"). Pure: the
// caller holds the writer lock, reads and saves.
#pragma once

#include <expected>
#include <optional>

#include "core/registry/registry.h"

namespace baokms::core {

// The successor of `state`, which is of v1alpha1; anything else, and whatever Registry::Verify and
// RecoverRegistry would refuse of it otherwise, is refused for the same reasons. What v1alpha1 does
// not record (mount path, key name) cannot be checked.
std::expected<Registry, RegistryProblem> MigrateRegistry(
    const RegistryDocument& state, const std::optional<CheckpointDocument>& checkpoint,
    const Registry::Identity& identity);

}  // namespace baokms::core
