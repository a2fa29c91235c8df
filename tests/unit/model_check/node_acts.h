// What can happen to a node next: by itself, by OpenBao's answers, by requests, by an operator and
// by misfortune.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/unit/model_check/node_step.h"

namespace baokms::core::model_check {

struct Act {
  std::string label;
  std::function<void(NodeStep&)> act;
  DiskFaultPlan plan{};
  std::uint8_t faults = 0;  // what it costs of the setting's bounds
  std::uint8_t changes = 0;
  IdentitySet needs = 0;  // ciphertexts of these must exist
  IdentitySet makes = 0;  // a ciphertext of this comes to exist
};

enum class Cost : std::uint8_t { kFree, kBounded };

// Those that depend on `key`; null: those that depend on no key.
std::vector<Act> ActsOf(const Setting& setting, const Node& node, const TransitKey* key, Cost cost);

}  // namespace baokms::core::model_check
