#include "app/serve/runtime_gauges.h"

#include <algorithm>

#include "core/rotation/status.h"

namespace baokms::app {
namespace {

using Seconds = std::chrono::duration<double>;

ports::RotationLabel Rotation(const core::KeyView& view) {
  if (!view.keys) return ports::RotationLabel::kUnknown;
  return view.keys->pending ? ports::RotationLabel::kPending : ports::RotationLabel::kActive;
}

std::string_view Word(ports::RotationLabel rotation) {
  switch (rotation) {
    case ports::RotationLabel::kActive:
      return "active";
    case ports::RotationLabel::kPending:
      return "pending";
    case ports::RotationLabel::kUnknown:
      return "unknown";
  }
  return "unknown";
}

}  // namespace

ports::GaugeReading RuntimeGauges::ReadGauges() const {
  const core::ClockReading now = clock_.Now();
  const auto view = view_.Load();
  const auto token = tokens_.status();
  ports::GaugeReading reading{.rotation = Rotation(*view),
                              .breaker_open = view->breaker_open,
                              .persistence_degraded = view->persistence_degraded,
                              .state_files_intact = files_.found() == core::FilesFound::kIntact};
  if (token->expires_at) {
    reading.token_ttl = std::max(Seconds(0), Seconds(*token->expires_at - now.boot));
  }
  if (token->credential_expires_at) {
    const auto left = std::max<core::UnixSeconds>(0, *token->credential_expires_at - now.wall);
    reading.certificate_ttl = std::chrono::seconds(left);
  }
  if (view->keys) {
    reading.status_key_id_hash = view->keys->active->key_id_hash;
    reading.key_version = view->keys->active->snapshot.version.number();
  }
  if (!view->undecryptable.empty()) {
    reading.newest_undecryptable = view->undecryptable.back().number();
  }
  if (const auto age = core::CacheAge(*view, now.boot)) reading.status_cache_age = *age;
  return reading;
}

ports::HealthReading RuntimeGauges::ReadHealth() const {
  const core::BootTime now = clock_.Now().boot;
  const auto view = view_.Load();
  ports::HealthReading reading{.live = live_,
                               .ready = core::IsHealthy(*view, now),
                               .stale = core::IsStale(*view, now),
                               .persistence_degraded = view->persistence_degraded};
  reading.healthz = reading.ready ? "ok" : "unhealthy";
  if (const auto age = core::CacheAge(*view, now)) {
    reading.cache_age_ms = std::chrono::duration_cast<std::chrono::milliseconds>(*age).count();
  }
  reading.rotation_state = Word(Rotation(*view));
  for (const core::Reason reason : core::UnhealthyReasons(*view, now)) {
    reading.reasons.emplace_back(core::Name(reason));
  }
  for (const core::Reason reason : core::DegradedReasons(*view)) {
    reading.reasons.emplace_back(core::Name(reason));
  }
  if (const core::FilesFound found = files_.found(); found != core::FilesFound::kIntact) {
    reading.reasons.emplace_back(core::Name(found));
  }
  if (draining_) {
    reading.ready = false;
    reading.reasons.emplace_back("draining");
  }
  if (view->metadata_error) reading.metadata_error_class = core::Name(*view->metadata_error);
  if (view->deep_error) reading.deep_error_class = core::Name(*view->deep_error);
  return reading;
}

}  // namespace baokms::app
