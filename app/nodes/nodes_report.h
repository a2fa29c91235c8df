// How a comparison of nodes is shown (reports-and-labels.md, "nodes compare"). Pure.
#pragma once

#include <string>
#include <vector>

#include "app/nodes/compare_nodes.h"
#include "app/reports/report.h"

namespace baokms::app {

Report ReportNodes(const std::vector<NodeStatus>& nodes, const Comparison& comparison,
                   core::UnixSeconds now);

// A table with a line for each node, then each difference and each warning.
std::string DescribeNodes(const std::vector<NodeStatus>& nodes, const Comparison& comparison,
                          core::UnixSeconds now);

}  // namespace baokms::app
