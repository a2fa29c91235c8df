#include "app/serve/listeners.h"

#include <string>
#include <string_view>
#include <utility>

#include "adapters/health_http/health_routes.h"

namespace baokms::app {
namespace {

namespace health_http = adapters::health_http;

// `name` is a word that lives on, such as "health".
void AddListener(const std::string& address, std::vector<health_http::Route> routes,
                 std::string_view name, adapters::telemetry::Telemetry& log, Listeners& listeners) {
  if (address.empty()) return;
  const auto not_bound = [&log, name](health_http::ListenProblem problem) {
    log.Note(core::LogLevel::kWarn, std::string(name) + "_listener.not_bound", Name(problem));
  };
  auto started = health_http::HttpServer::Start({.address = address, .routes = std::move(routes)},
                                                {.not_bound = not_bound, .bound = [&log, name] {
                                                   log.Note(core::LogLevel::kInfo,
                                                            std::string(name) + "_listener.bound");
                                                 }});
  if (started) {
    listeners.push_back({name, *std::move(started)});
  } else {
    not_bound(started.error());
  }
}

}  // namespace

std::string WordsOf(const Listeners& listeners) {
  std::string words = "socket";
  for (const NamedListener& listener : listeners) {
    if (listener.server->port() != 0) words.append(", ").append(listener.name);
  }
  return words;
}

Listeners StartListeners(const core::ServerConfiguration& server, const ports::Gauges& gauges,
                         adapters::telemetry::Telemetry& telemetry) {
  Listeners listeners;
  AddListener(server.metrics_address,
              health_http::MetricsRoutes([&telemetry] { return telemetry.Scrape(); }), "metrics",
              telemetry, listeners);
  AddListener(server.health_address, health_http::HealthRoutes(gauges), "health", telemetry,
              listeners);
  return listeners;
}

}  // namespace baokms::app
