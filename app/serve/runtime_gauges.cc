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

std::optional<std::chrono::seconds> Left(const std::optional<core::BootTime>& end,
                                         core::BootTime now) {
  // An expired token is none.
  if (!end || *end <= now) return std::nullopt;
  return std::chrono::floor<std::chrono::seconds>(*end - now);
}

std::chrono::seconds Since(core::BootTime then, core::BootTime now) {
  return std::chrono::floor<std::chrono::seconds>(now - then);
}

std::string_view Word(ports::ProbeKind kind) {
  return kind == ports::ProbeKind::kMetadata ? "metadata" : "deep";
}

std::string ReasonOf(const ProbeReport& report) {
  return std::string(report.reason ? core::Name(*report.reason) : std::string_view());
}

std::string ErrorClassOf(const ProbeReport& report) {
  const auto error = core::ClassOf(report.error);
  return std::string(error ? core::Name(*error) : std::string_view());
}

std::optional<ports::StatusReading::Probe> Told(const std::optional<ProbeReport>& report,
                                                core::BootTime now) {
  if (!report) return std::nullopt;
  return ports::StatusReading::Probe{
      .ok = !report->reason,
      .age = Since(report->ended, now),
      .took = std::chrono::round<std::chrono::milliseconds>(report->took),
      .reason = ReasonOf(*report),
      .error_class = ErrorClassOf(*report)};
}

std::optional<ports::StatusReading::Failure> Told(const std::optional<FailedProbe>& failure,
                                                  core::BootTime now) {
  if (!failure) return std::nullopt;
  return ports::StatusReading::Failure{.probe = std::string(Word(failure->report.kind)),
                                       .age = Since(failure->report.ended, now),
                                       .reason = ReasonOf(failure->report),
                                       .error_class = ErrorClassOf(failure->report),
                                       .advice = failure->advice};
}

std::optional<ports::StatusReading::Pending> PendingOf(const core::KeyView& view,
                                                       std::int64_t required,
                                                       const core::ClockReading& now) {
  if (!view.keys || !view.keys->pending) return std::nullopt;
  const core::KeyEntry& entry = *view.keys->pending;
  ports::StatusReading::Pending pending{.version = entry.snapshot.version.number(),
                                        .key_id_hash = entry.key_id_hash,
                                        .observations = entry.snapshot.stable_observation_count,
                                        .required_observations = required};
  if (view.earliest_promotion) {
    const auto left = std::max(core::Duration(0), *view.earliest_promotion - now.monotonic);
    pending.earliest_promotion = now.wall + std::chrono::ceil<std::chrono::seconds>(left).count();
  }
  return pending;
}

}  // namespace

ports::GaugeReading RuntimeGauges::ReadGauges() const {
  const core::ClockReading now = sources_.clock.Now();
  const auto view = sources_.view.Load();
  const auto token = sources_.tokens.status();
  ports::GaugeReading reading{
      .rotation = Rotation(*view),
      .breaker_open = view->breaker_open,
      .persistence_degraded = view->persistence_degraded,
      .state_files_intact = sources_.files.found() == core::FilesFound::kIntact};
  if (token->expires_at) {
    reading.token_ttl = std::max(Seconds(0), Seconds(*token->expires_at - now.boot));
  }
  if (token->credential_expires_at) {
    const auto left = std::max<core::UnixSeconds>(0, *token->credential_expires_at - now.wall);
    reading.credential_ttl = std::chrono::seconds(left);
    if (facts_.auth_method == core::AuthMethod::kCert) {
      reading.certificate_ttl = reading.credential_ttl;
    }
  }
  if (view->keys) {
    reading.status_key_id_hash = view->keys->active->key_id_hash;
    reading.key_version = view->keys->active->snapshot.version.number();
  }
  if (!view->undecryptable.empty()) {
    reading.newest_undecryptable = view->undecryptable.back().number();
  }
  if (const auto age = core::CacheAge(*view, now.boot)) reading.status_cache_age = *age;
  ports::HealthReading health = HealthOf(*view, now.boot);
  reading.ready = health.ready;
  reading.reasons = std::move(health.reasons);
  return reading;
}

ports::HealthReading RuntimeGauges::ReadHealth() const {
  return HealthOf(*sources_.view.Load(), sources_.clock.Now().boot);
}

ports::HealthReading RuntimeGauges::HealthOf(const core::KeyView& view, core::BootTime now) const {
  ports::HealthReading reading{.live = live_,
                               .ready = core::IsHealthy(view, now),
                               .stale = core::IsStale(view, now),
                               .persistence_degraded = view.persistence_degraded};
  reading.healthz = reading.ready ? "ok" : "unhealthy";
  if (const auto age = core::CacheAge(view, now)) {
    reading.cache_age_ms = std::chrono::duration_cast<std::chrono::milliseconds>(*age).count();
  }
  reading.rotation_state = Word(Rotation(view));
  for (const core::Reason reason : core::UnhealthyReasons(view, now)) {
    reading.reasons.emplace_back(core::Name(reason));
  }
  for (const core::Reason reason : core::DegradedReasons(view)) {
    reading.reasons.emplace_back(core::Name(reason));
  }
  if (const core::FilesFound found = sources_.files.found(); found != core::FilesFound::kIntact) {
    reading.reasons.emplace_back(core::Name(found));
  }
  if (draining_) {
    reading.ready = false;
    reading.reasons.emplace_back("draining");
  }
  if (view.metadata_error) reading.metadata_error_class = core::Name(*view.metadata_error);
  if (view.deep_error) reading.deep_error_class = core::Name(*view.deep_error);
  return reading;
}

ports::StatusReading RuntimeGauges::ReadStatus() const {
  const core::ClockReading now = sources_.clock.Now();
  const auto view = sources_.view.Load();
  const auto token = sources_.tokens.status();
  const auto probes = sources_.probes.Load();
  ports::StatusReading reading{.taken_at = now.wall,
                               .program_version = facts_.program_version,
                               .identity_fingerprint = facts_.identity_fingerprint,
                               .health = HealthOf(*view, now.boot),
                               .pending = PendingOf(*view, facts_.required_observations, now),
                               .token_left = Left(token->expires_at, now.boot),
                               .metadata_probe = Told(probes->metadata, now.boot),
                               .deep_probe = Told(probes->deep, now.boot),
                               .last_failure = Told(probes->failure, now.boot)};
  if (view->keys) {
    reading.key_version = view->keys->active->snapshot.version.number();
    reading.key_id_hash = view->keys->active->key_id_hash;
  }
  for (const core::TransitKeyVersion version : view->undecryptable) {
    reading.undecryptable.push_back(version.number());
  }
  if (token->credential_expires_at) {
    reading.credential_left = std::chrono::seconds(
        std::max<core::UnixSeconds>(0, *token->credential_expires_at - now.wall));
  }
  return reading;
}

}  // namespace baokms::app
