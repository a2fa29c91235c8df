// Saving one generation over the last, in the order that a crash may cut anywhere
// (registry-and-rotation.md, "Save").
#pragma once

#include <cstdint>
#include <optional>

#include "core/registry/registry.h"
#include "ports/state_store.h"

namespace baokms::core {

struct Save {
  std::optional<Registry> published;
  Registry next;
};
enum class SaveResult : std::uint8_t {
  kSaved,
  kFailed,                // nothing is known to be lost; the same candidate is tried again
  kFailedFilesUnchanged,  // the same, and both files still hold the published state
  kForked,                // the files hold neither the published nor the attempted state
};

// Looks first whether the files hold what may be overwritten, and after a failure whether they
// still hold the published state. One thread; blocks as the store does.
SaveResult SaveRegistry(ports::StateStore& store, const Save& save);

}  // namespace baokms::core
