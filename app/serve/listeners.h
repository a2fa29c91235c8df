// The metrics and health listeners of `serve` (observability.md).
#pragma once

#include <expected>
#include <memory>
#include <string>

#include "adapters/health_http/http_server.h"
#include "adapters/telemetry/telemetry.h"
#include "core/model/configuration.h"
#include "ports/gauges.h"

namespace baokms::app {

// Each address that is not empty is served when this returns. The error is for a person. `gauges`
// and `telemetry` outlive the server.
std::expected<std::unique_ptr<adapters::health_http::HttpServer>, std::string> StartListeners(
    const core::ServerConfiguration& server, const ports::Gauges& gauges,
    adapters::telemetry::Telemetry& telemetry);

}  // namespace baokms::app
