// Saving one generation over the last, in the order that a crash may cut anywhere: the state, then
// its checkpoint, with a look at the files before and after (registry-and-rotation.md, "Save").
// Both functions run under the writer lock and on one thread, and block as the store does.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "core/model/registry_document.h"
#include "core/registry/registry.h"
#include "ports/state_store.h"

namespace baokms::core {

struct Save {
  std::optional<Registry> published;  // none: this is the first state
  Registry next;
};
enum class SaveResult : std::uint8_t {
  kSaved,
  kFailed,                // nothing is known to be lost; the same candidate is tried again
  kFailedFilesUnchanged,  // the same, and both files still hold the published state
  kForked,                // the files hold neither the published nor the attempted state
};

// What `serve` saves, and saves again after a failure: the files may hold the published state or
// already the attempted one. After a failure it looks whether they still hold the published one.
SaveResult SaveRegistry(ports::StateStore& store, const Save& save);

// An operator's change, saved once by a command that ends afterwards: the state file must still
// hold `before`, in whatever schema. A checkpoint that is not yet at `before` is brought there
// first, so that a crash never leaves the state two generations ahead of it; success means that
// both files were read back. The error is for a person.
std::expected<void, std::string> SaveConfirmed(ports::StateStore& store,
                                               const RegistryDocument& before,
                                               const Registry& next);

// A state made anew, saved once over no state: there must still be none, and the checkpoint must
// still be `left`. The rest is as above; a crash between the two files leaves a state that a start
// accepts.
std::expected<void, std::string> SaveRebuilt(ports::StateStore& store,
                                             const std::optional<CheckpointDocument>& left,
                                             const Registry& next);

}  // namespace baokms::core
