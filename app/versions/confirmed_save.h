// An operator's change on disk: saved as the provider saves, then read again
// (registry-and-rotation.md, "Save").
#pragma once

#include <expected>
#include <string>

#include "core/model/registry_document.h"
#include "core/registry/registry.h"
#include "ports/state_store.h"

namespace baokms::app {

// Under the writer lock. Writes nothing unless the state file still holds `before`. A checkpoint
// that is not yet at `before` is brought there first, so that a crash never leaves the state two
// generations ahead of it; then the state, then its checkpoint; success means that both were read
// back. The error is for a person.
std::expected<void, std::string> SaveConfirmed(ports::StateStore& store,
                                               const core::RegistryDocument& before,
                                               const core::Registry& next);

}  // namespace baokms::app
