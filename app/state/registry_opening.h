// Recovering the registry from its two files, with the writer lock or without (registry-and-
// rotation.md, "State file").
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "core/registry/registry.h"
#include "core/registry/registry_recovery.h"
#include "ports/state_store.h"

namespace baokms::app {

// None: there are no files, and bootstrap decides. A checkpoint that is behind or missing is
// brought forward. The error is for a person and says what to do.
std::expected<std::optional<core::Registry>, std::string> OpenRegistry(
    ports::StateStore& store, const core::Registry::Identity& identity);

struct RegistryFiles {
  core::RecoveredRegistry recovered;
  std::optional<core::CheckpointDocument> checkpoint;
};

// For commands that only look: takes no lock and writes nothing.
std::expected<RegistryFiles, std::string> ReadRegistry(ports::StateStore& store,
                                                       const core::Registry::Identity& identity);

// "state.path: " and what to do, with the process that holds the lock where it is known.
std::string Explain(const ports::StateProblem& problem);

}  // namespace baokms::app
