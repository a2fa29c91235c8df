// The way to OpenBao, checked from here (reports-and-labels.md, `doctor`).
#pragma once

#include <vector>

#include "app/checks/check_report.h"
#include "app/openbao/one_shot.h"

namespace baokms::app {

// openbao.tls. What `one_shot` refers to outlives the checks.
std::vector<PlannedCheck> OpenBaoChecks(const OneShot& one_shot);

}  // namespace baokms::app
