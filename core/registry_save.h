// Saving one generation over the last, in the order that a crash may cut anywhere
// (registry-and-rotation.md, "Save").
#pragma once

#include "core/key_keeper.h"
#include "ports/state_store.h"

namespace baokms::core {

// Looks first whether the files hold what may be overwritten, and after a failure whether they
// still hold the published state. One thread; blocks as the store does.
SaveResult SaveRegistry(ports::StateStore& store, const Save& save);

}  // namespace baokms::core
