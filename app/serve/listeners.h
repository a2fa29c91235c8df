// The metrics and health listeners of `serve` (observability.md).
#pragma once

#include <memory>
#include <vector>

#include "adapters/health_http/http_server.h"
#include "adapters/telemetry/telemetry.h"
#include "core/model/configuration.h"
#include "ports/gauges.h"

namespace baokms::app {

using Listeners = std::vector<std::unique_ptr<adapters::health_http::HttpServer>>;

// One for each address that is not empty. Serving does not depend on them: an address that cannot
// be bound is logged, and tried again until it is (request-scheduling.md, "Start"). `gauges` and
// `telemetry` outlive them.
Listeners StartListeners(const core::ServerConfiguration& server, const ports::Gauges& gauges,
                         adapters::telemetry::Telemetry& telemetry);

}  // namespace baokms::app
