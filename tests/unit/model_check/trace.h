// A counterexample for people: the steps, who takes them and what each leaves.
#pragma once

#include <string>
#include <vector>

#include "tests/unit/model_check/world.h"

namespace baokms::core::model_check {

// "generation 3, v2 active, v1 retired; Status healthy with v2".
std::string Describe(const Node& node);

// `path`: numbers of the worlds after the first one.
std::string TraceTo(const NodeGraph& graph, const std::vector<World>& worlds,
                    const std::vector<Way>& ways, const std::vector<std::uint32_t>& path,
                    const std::string& broken);

}  // namespace baokms::core::model_check
