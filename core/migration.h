// Carrying a v1alpha1 state over to v1alpha2 (registry-and-rotation.md, "State file"). Pure: the
// caller holds the writer lock, reads and saves.
#pragma once

#include <expected>
#include <optional>

#include "core/registry.h"
#include "core/registry_recovery.h"

namespace baokms::core {

struct Migration {
  // What the older files mean together: a writer brings a checkpoint that is behind or missing
  // forward to `older` before it saves `next`, so that the chain never skips a generation.
  CheckpointDocument older;
  CheckpointStatus checkpoint;
  Registry next;
};

// `state` is of v1alpha1; anything else, and whatever Registry::Verify and RecoverRegistry would
// refuse of its successor, is refused for the same reasons. What v1alpha1 does not record (mount
// path, key name) cannot be checked.
std::expected<Migration, RegistryProblem> MigrateRegistry(
    const RegistryDocument& state, const std::optional<CheckpointDocument>& checkpoint,
    const Registry::Identity& identity);

}  // namespace baokms::core
