// Whether the nodes of a cluster agree (reports-and-labels.md, "nodes compare"). Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/nodes/node_status.h"

namespace baokms::app {

struct Difference {
  std::string_view field;  // of the report of status
  std::string message;     // which nodes differ in what
  std::string advice;      // what to do; why it is normal, if it is
  // Every node that is behind has the newer version pending, as amid any rotation.
  bool explained_by_pending = false;
};

struct Comparison {
  std::vector<Difference> differences;  // none: the nodes agree
  // What is no disagreement and worth knowing, with what to do.
  std::vector<std::string> warnings;
};

// `nodes`: at least two, each with a name of its own. `now`: on the wall clock of whoever compares.
Comparison CompareNodes(const std::vector<NodeStatus>& nodes, core::UnixSeconds now);

}  // namespace baokms::app
