// `init`: writes the installation bundle (reports-and-labels.md, "init"). Never contacts OpenBao.
#pragma once

#include "app/exit_code.h"
#include "app/init/init_request.h"

namespace baokms::app {

// kConfiguration for the values file, kOther when the bundle cannot be written.
ExitCode Init(const InitRequest& request);

}  // namespace baokms::app
