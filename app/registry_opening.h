// Taking the writer lock and recovering the registry from its two files (registry-and-rotation.md,
// "State file").
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "core/registry.h"
#include "ports/state_store.h"

namespace baokms::app {

// None: there are no files, and bootstrap decides. A checkpoint that is behind or missing is
// brought forward. The error is for a person and says what to do.
std::expected<std::optional<core::Registry>, std::string> OpenRegistry(
    ports::StateStore& store, const core::Registry::Identity& identity);

}  // namespace baokms::app
