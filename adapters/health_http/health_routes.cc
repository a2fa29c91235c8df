#include "adapters/health_http/health_routes.h"

#include <string_view>
#include <utility>

#include "adapters/health_http/status_page.h"

namespace baokms::adapters::health_http {
namespace {

constexpr int kOk = 200;
constexpr int kUnavailable = 503;

// The texts are bounded words; anything else would be a bug that must not break the JSON.
std::string Quoted(std::string_view word) {
  std::string quoted = "\"";
  for (const char c : word) quoted += c < ' ' || c > '~' || c == '"' || c == '\\' ? '?' : c;
  return quoted + '"';
}

std::string StatusField(bool good) {
  return std::string(R"({"status":)") + (good ? R"("ok")" : R"("unavailable")");
}

void AddText(std::string& body, std::string_view name, const std::string& value) {
  if (value.empty()) return;
  body += ",\"";
  body += name;
  body += "\":" + Quoted(value);
}

Reply Live(const ports::HealthReading& health) {
  return {.status = health.live ? kOk : kUnavailable, .body = StatusField(health.live) + "}\n"};
}

Reply Ready(const ports::HealthReading& health) {
  std::string body = StatusField(health.ready);
  AddText(body, "healthz", health.healthz);
  body += ",\"cache_age_ms\":" + std::to_string(health.cache_age_ms);
  body += health.stale ? ",\"stale\":true" : ",\"stale\":false";
  AddText(body, "rotation_state", health.rotation_state);
  body += ",\"reasons\":[";
  std::string_view separator;
  for (const std::string& reason : health.reasons) {
    body += separator;
    body += Quoted(reason);
    separator = ",";
  }
  body += ']';
  AddText(body, "metadata_error_class", health.metadata_error_class);
  AddText(body, "deep_error_class", health.deep_error_class);
  if (health.persistence_degraded) body += ",\"persistence_degraded\":true";
  body += "}\n";
  return {.status = health.ready ? kOk : kUnavailable, .body = std::move(body)};
}

}  // namespace

std::vector<Route> HealthRoutes(const ports::Gauges& gauges) {
  return {{.path = "/live",
           .content_type = "application/json",
           .handler = [&gauges] { return Live(gauges.ReadHealth()); }},
          {.path = "/ready",
           .content_type = "application/json",
           .handler = [&gauges] { return Ready(gauges.ReadHealth()); }},
          {.path = "/status", .content_type = "application/json", .handler = [&gauges] {
             return Reply{.status = kOk, .body = StatusPage(gauges.ReadStatus())};
           }}};
}

std::vector<Route> MetricsRoutes(std::function<std::string()> scrape) {
  return {
      {.path = "/metrics",
       .content_type = "text/plain; version=0.0.4; charset=utf-8",
       .handler = [scrape = std::move(scrape)] { return Reply{.status = kOk, .body = scrape()}; }}};
}

}  // namespace baokms::adapters::health_http
