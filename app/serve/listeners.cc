#include "app/serve/listeners.h"

#include <string_view>
#include <utility>
#include <vector>

#include "adapters/health_http/health_routes.h"

namespace baokms::app {

namespace health_http = adapters::health_http;

std::expected<std::unique_ptr<health_http::HttpServer>, std::string> StartListeners(
    const core::ServerConfiguration& server, const ports::Gauges& gauges,
    adapters::telemetry::Telemetry& telemetry) {
  std::vector<health_http::ListenerOptions> listeners;
  std::vector<std::string_view> fields;
  if (!server.metrics_address.empty()) {
    listeners.push_back(
        {.address = server.metrics_address,
         .routes = health_http::MetricsRoutes([&telemetry] { return telemetry.Scrape(); })});
    fields.emplace_back("server.metricsAddress");
  }
  if (!server.health_address.empty()) {
    listeners.push_back(
        {.address = server.health_address, .routes = health_http::HealthRoutes(gauges)});
    fields.emplace_back("server.healthAddress");
  }
  auto started = health_http::HttpServer::Start(std::move(listeners));
  if (started) return std::move(*started);
  return std::unexpected(std::string(fields[started.error().listener]) + ": " +
                         std::string(started.error().advice));
}

}  // namespace baokms::app
