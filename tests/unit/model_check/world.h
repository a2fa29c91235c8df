// All that there is in one state of the model: 20 bytes, because there are millions of them.
#pragma once

#include <array>
#include <cstdint>

#include "tests/unit/model_check/node_graph.h"

namespace baokms::core::model_check {

inline constexpr int kMostNodes = 3;
inline constexpr NodeId kNoNode = 0xffffffff;

struct World {
  std::array<NodeId, kMostNodes> nodes{};  // sorted: nodes are alike
  KeyNumber key = 0;
  IdentitySet ciphertexts = 0;  // that some node returned
  std::uint8_t spent_faults = 0;
  std::uint8_t spent_changes = 0;

  friend bool operator==(const World&, const World&) = default;
};

// The step by which a world was met first.
struct Way {
  std::uint32_t parent = 0;
  LabelNumber label = 0;
  std::uint8_t slot = 0;  // in the parent; kNoSlot: the Transit key changed
};
inline constexpr std::uint8_t kNoSlot = 0xff;

}  // namespace baokms::core::model_check
