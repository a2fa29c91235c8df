// `nodes compare` (reports-and-labels.md): what the nodes of a cluster said of themselves, in one
// table.
#pragma once

#include <string>
#include <vector>

#include "app/exit_code.h"
#include "app/reports/report.h"

namespace baokms::app {

struct CompareRequest {
  std::vector<std::string> files;  // at least two; relative to the working directory, or absolute
  OutputFormat format = OutputFormat::kText;
};

// Exit 4 when the nodes do not agree. Exit 3 with a line for each file that cannot be read or is no
// output of `status`; nothing is compared then.
ExitCode CompareNodesIn(const CompareRequest& request);

}  // namespace baokms::app
