// The whole state of a KeyKeeper, read for the model check (its friend).
#pragma once

#include "core/rotation/key_keeper.h"
#include "tests/unit/model_check/canonical_form.h"

namespace baokms::core {

class KeyKeeperForm {
 public:
  static bool IsDiscovery(const KeyKeeper& keeper) {
    return keeper.kind_ == ObservationKind::kDiscovery;
  }
  static bool InMetadataOperation(const KeyKeeper& keeper) {
    return keeper.phase_ != KeyKeeper::Phase::kIdle &&
           keeper.phase_ != KeyKeeper::Phase::kDeepProbing;
  }
  static bool HasWaiters(const KeyKeeper& keeper) { return !keeper.waiters_.empty(); }
  // A discovery wanted now would start at once.
  static bool MayDiscover(const KeyKeeper& keeper, MonotonicTime now);

  // Everything that decides what the keeper does next, and nothing else.
  static void Add(const KeyKeeper& keeper, const ClockReading& now,
                  model_check::CanonicalForm& form);
};

}  // namespace baokms::core
