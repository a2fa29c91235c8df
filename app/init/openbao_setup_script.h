// openbao-setup.sh: what OpenBao must hold for this installation (reports-and-labels.md, "init").
#pragma once

#include <string>
#include <string_view>

#include "app/init/installation.h"

namespace baokms::app {

// Of `policy`, the text of openbao-policy.hcl. The values stand quoted at the head; the rest is
// openbao_setup.sh beside this file.
std::string OpenBaoSetupScript(const Installation& installation, std::string_view policy);

}  // namespace baokms::app
