// Asks the provider that runs on this node how it is.
#pragma once

#include <string>

#include "app/reports/report.h"
#include "core/model/configuration.h"
#include "core/model/time.h"

namespace baokms::app {

// The report of `status` (reports-and-labels.md): from /status of server.healthAddress, else from
// Status on server.socketPath, else that nobody answers; `now`: on the wall clock, when that is.
// Blocks for some seconds at most, beside
// the resolver.
Report AskRunningProvider(const core::ServerConfiguration& server, core::UnixSeconds now);

}  // namespace baokms::app
