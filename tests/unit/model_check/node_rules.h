// The rules of one node (registry-and-rotation.md; wire-contract.md, "KMS v2 service"), stated
// independently of core: from what the node did and what the observer remembers.
#pragma once

#include <string>

#include "tests/unit/model_check/node.h"
#include "tests/unit/model_check/setting.h"
#include "tests/unit/model_check/transit_key.h"

namespace baokms::core::model_check {

// An identity of the registry that should decrypt is gone from Transit, or another one took its
// number, or it may not be decrypted any more. Only a retired one may be below the key's minima:
// what was written under it cannot be read, but nothing is written under it.
bool Contradicts(const TransitKey& key, const Registry& registry);

// The identities of a registry that decrypt.
IdentitySet DecryptableOf(const Registry& registry);

// The rule that this first attempt of a save breaks; empty: none. `read`: the metadata that it
// comes from, null when that was read in an earlier step.
std::string BrokenBySave(const Setting& setting, const Node& node, const TransitKey* read,
                         const Save& save);

// Status may not stay healthy when this save fails: more than an observation would be lost.
bool Matters(const Save& save);

struct StepTaken {
  const Setting& setting;
  const Node& before;
  int promotions = 0;
  // The metadata by which a regular probe was judged that began and ended in this step.
  const TransitKey* read = nullptr;
};

// The rule that a node breaks after a step; empty: none. Brings its memory forward.
std::string BrokenByStep(const StepTaken& step, Node& node);

}  // namespace baokms::core::model_check
