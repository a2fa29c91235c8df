// Breadth-first search over worlds: one Transit key, its ciphertexts and the nodes. A rule that is
// broken ends it with the shortest way there.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "tests/unit/model_check/setting.h"

namespace baokms::core::model_check {

struct Exploration {
  std::size_t worlds = 0;
  std::size_t transitions = 0;
  std::size_t node_states = 0;  // distinct, of one node
  std::size_t node_steps = 0;   // taken in the real core
  int depth = 0;                // of the last world found
  double seconds = 0;
  std::vector<std::string> labels;  // of every step that was taken
  // The broken rule and the steps to it; empty: none is broken in any world.
  std::string counterexample;
  // More than `at_most` worlds: not all were looked at.
  bool cut_short = false;
};

Exploration Explore(const Setting& setting, std::size_t at_most);

}  // namespace baokms::core::model_check
