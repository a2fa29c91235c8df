// What the listeners serve (observability.md, "Health" and "Metrics").
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "adapters/health_http/http_server.h"
#include "ports/gauges.h"

namespace baokms::adapters::health_http {

// /live, /ready and /status; `gauges` outlives the server.
std::vector<Route> HealthRoutes(const ports::Gauges& gauges);

// /metrics in the Prometheus text format.
std::vector<Route> MetricsRoutes(std::function<std::string()> scrape);

}  // namespace baokms::adapters::health_http
