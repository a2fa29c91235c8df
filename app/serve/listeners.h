// The metrics and health listeners of `serve` (observability.md).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/health_http/http_server.h"
#include "adapters/telemetry/telemetry.h"
#include "core/model/configuration.h"
#include "ports/gauges.h"

namespace baokms::app {

struct NamedListener {
  std::string_view name;  // "metrics" or "health"
  std::unique_ptr<adapters::health_http::HttpServer> server;
};
using Listeners = std::vector<NamedListener>;

// Of the socket, which serves, and of those that are bound: "socket, metrics, health".
std::string WordsOf(const Listeners& listeners);

// One for each address that is not empty. Serving does not depend on them: an address that cannot
// be bound is logged, and tried again until it is (request-scheduling.md, "Start"). `gauges` and
// `telemetry` outlive them.
Listeners StartListeners(const core::ServerConfiguration& server, const ports::Gauges& gauges,
                         adapters::telemetry::Telemetry& telemetry);

}  // namespace baokms::app
