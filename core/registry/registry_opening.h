// Opening the registry from its two files, with the writer lock or without (registry-and-
// rotation.md, "State file").
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "core/registry/registry.h"
#include "core/registry/registry_recovery.h"
#include "ports/state_store.h"

namespace baokms::core {

// Takes the writer lock. None: there are no files, and bootstrap decides. A checkpoint that is
// behind or missing is brought forward. The error is for a person and says what to do. One thread;
// blocks as the store does.
std::expected<std::optional<Registry>, std::string> OpenRegistry(
    ports::StateStore& store, const Registry::Identity& identity);

struct RegistryFiles {
  RecoveredRegistry recovered;
  std::optional<CheckpointDocument> checkpoint;
};

// For commands that only look: takes no lock and writes nothing.
std::expected<RegistryFiles, std::string> ReadRegistry(ports::StateStore& store,
                                                       const Registry::Identity& identity);

// "state.path: " and what to do; of the store's problem also the process that holds the lock, where
// it is known.
std::string Explain(const ports::StateProblem& problem);
std::string Explain(const RegistryProblem& problem);

}  // namespace baokms::core
