// node-setup.sh: prepares a node, installs its files, checks and starts (reports-and-labels.md,
// "init").
#pragma once

#include <string>

#include "app/init/installation.h"

namespace baokms::app {

std::string NodeSetupScript(const Installation& installation);

}  // namespace baokms::app
