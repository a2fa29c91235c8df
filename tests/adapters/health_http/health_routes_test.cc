#include "adapters/health_http/health_routes.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "tests/adapters/health_http/client.h"
#include "tests/support/ports/fixed_gauges.h"
#include "tests/support/ports/full_status_reading.h"

namespace baokms::adapters::health_http {
namespace {

Reply Ask(const ports::Gauges& gauges, std::string_view path) {
  const auto routes = HealthRoutes(gauges);
  const auto route = std::ranges::find(routes, path, &Route::path);
  REQUIRE(route != routes.end());
  CHECK(route->content_type == "application/json");
  return route->handler();
}

TEST_CASE("/live: ok once the listeners are up, whatever else is wrong") {
  testing::FixedGauges gauges;
  CHECK(Ask(gauges, "/live").status == 503);
  CHECK(Ask(gauges, "/live").body == "{\"status\":\"unavailable\"}\n");
  gauges.health.live = true;
  gauges.health.reasons = {"metadata_read_failed"};
  CHECK(Ask(gauges, "/live").status == 200);
  CHECK(Ask(gauges, "/live").body == "{\"status\":\"ok\"}\n");
}

TEST_CASE("/ready: a healthy provider has an empty list of reasons") {
  testing::FixedGauges gauges;
  gauges.health = {.live = true,
                   .ready = true,
                   .healthz = "ok",
                   .cache_age_ms = 1200,
                   .stale = false,
                   .rotation_state = "active",
                   .reasons = {},
                   .metadata_error_class = {},
                   .deep_error_class = {},
                   .persistence_degraded = false};
  const Reply reply = Ask(gauges, "/ready");
  CHECK(reply.status == 200);
  CHECK(reply.body == R"({"status":"ok","healthz":"ok","cache_age_ms":1200,"stale":false,)"
                      R"("rotation_state":"active","reasons":[]})"
                      "\n");
}

TEST_CASE("/ready: every field when everything is wrong") {
  testing::FixedGauges gauges;
  gauges.health = {.live = true,
                   .ready = false,
                   .healthz = "unhealthy",
                   .cache_age_ms = 130000,
                   .stale = true,
                   .rotation_state = "pending",
                   .reasons = {"status_stale", "metadata_read_failed"},
                   .metadata_error_class = "openbao_sealed",
                   .deep_error_class = "auth_failed",
                   .persistence_degraded = true};
  const Reply reply = Ask(gauges, "/ready");
  CHECK(reply.status == 503);
  CHECK(reply.body ==
        R"({"status":"unavailable","healthz":"unhealthy","cache_age_ms":130000,"stale":true,)"
        R"("rotation_state":"pending","reasons":["status_stale","metadata_read_failed"],)"
        R"("metadata_error_class":"openbao_sealed","deep_error_class":"auth_failed",)"
        R"("persistence_degraded":true})"
        "\n");
}

TEST_CASE("/ready: empty fields are left out, cache_age_ms, stale and reasons never") {
  const testing::FixedGauges gauges;
  const Reply reply = Ask(gauges, "/ready");
  CHECK(reply.status == 503);
  CHECK(reply.body ==
        "{\"status\":\"unavailable\",\"cache_age_ms\":0,\"stale\":false,\"reasons\":[]}\n");
}

TEST_CASE("/ready: no text can break the JSON") {
  testing::FixedGauges gauges;
  gauges.health.reasons = {"a\"b\\c\n\xFF"};
  CHECK(Ask(gauges, "/ready").body.find(R"(["a?b?c??"])") != std::string::npos);
}

TEST_CASE("/status: what is not known is left out and the code is 200 also when not ready") {
  testing::FixedGauges gauges;
  gauges.status.program_version = "v0.1.0";
  gauges.status.health.reasons = {"metadata_unverified"};
  const Reply reply = Ask(gauges, "/status");
  CHECK(reply.status == 200);
  CHECK(reply.body == R"({"name":"status","programVersion":"v0.1.0","live":false,"ready":false,)"
                      R"("reasons":["metadata_unverified"]})"
                      "\n");
}

TEST_CASE("/status: every field in its order") {
  testing::FixedGauges gauges;
  gauges.status = testing::FullStatusReading();
  CHECK(Ask(gauges, "/status").body ==
        R"({"name":"status","takenAt":"2023-11-14T22:10:00Z","programVersion":"v0.1.0",)"
        R"("identityFingerprint":"cfg1.gQ_yp6rHXFkWIp5Mit70k-8OWi65DQKVcYBzzdXbo_Y",)"
        R"("live":true,"ready":true,)"
        R"("reasons":["retired_version_undecryptable"],"rotationState":"pending",)"
        R"("activeTransitVersion":3,"activeKeyIdHash":"hash3","pendingTransitVersion":4,)"
        R"("pendingKeyIdHash":"hash4","pendingStableObservationCount":1,)"
        R"("pendingRequiredObservationCount":3,"pendingPromotesAfter":"2023-11-14T22:13:20Z",)"
        R"("undecryptableVersions":[1,2],"persistenceDegraded":true,"tokenSecondsLeft":1700,)"
        R"("credentialSecondsLeft":0,"metadataProbe":{"ok":true,"secondsAgo":12,"milliseconds":3},)"
        R"("deepProbe":{"ok":false,"secondsAgo":40,"milliseconds":2000,)"
        R"("reason":"deep_probe_failed","errorClass":"timeout"},"lastFailure":{"probe":"deep",)"
        R"("secondsAgo":40,"reason":"deep_probe_failed","errorClass":"timeout",)"
        R"("advice":"say \"why\""}})"
        "\n");
}

TEST_CASE("/metrics: the text format with its content type, read at each scrape") {
  int scrapes = 0;
  const auto server =
      Serve(MetricsRoutes([&scrapes] { return "n " + std::to_string(++scrapes) + "\n"; }));
  const std::string reply = Get(server->port(), "/metrics");
  CHECK(StatusOf(reply) == 200);
  CHECK(reply.find("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n") !=
        std::string::npos);
  CHECK(BodyOf(reply) == "n 1\n");
  CHECK(BodyOf(Get(server->port(), "/metrics")) == "n 2\n");
}

TEST_CASE("/ready over HTTP: code, content type and body") {
  testing::FixedGauges gauges;
  const auto server = Serve(HealthRoutes(gauges));
  std::string reply = Get(server->port(), "/ready");
  CHECK(StatusOf(reply) == 503);
  CHECK(reply.find("Content-Type: application/json\r\n") != std::string::npos);
  CHECK(BodyOf(reply) ==
        "{\"status\":\"unavailable\",\"cache_age_ms\":0,\"stale\":false,\"reasons\":[]}\n");
  CHECK(StatusOf(Get(server->port(), "/live")) == 503);
  CHECK(StatusOf(Get(server->port(), "/metrics")) == 404);
}

}  // namespace
}  // namespace baokms::adapters::health_http
