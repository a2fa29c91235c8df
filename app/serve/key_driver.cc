#include "app/serve/key_driver.h"

#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "app/serve/leaving_waiter.h"
#include "core/registry/registry_save.h"
#include "core/rotation/deep_probe.h"
#include "core/rotation/metadata_read.h"
#include "core/rotation/status.h"
#include "core/wire/sha256.h"

namespace baokms::app {
namespace {

// transit_metadata_observation_total{status} (reports-and-labels.md): of a failed call OpenBao's
// word, where it said one and the login is not the cause.
std::string_view ObservationLabel(const core::MetadataProbeEnded& probe) {
  if (probe.error) {
    const core::ErrorClass error_class = probe.error->error_class();
    const auto openbao = probe.error->openbao_status();
    return error_class == core::ErrorClass::kAuthFailed || !openbao ? core::Name(error_class)
                                                                    : core::Name(*openbao);
  }
  return probe.reason ? core::Name(*probe.reason) : "ok";
}

}  // namespace

KeyDriver::KeyDriver(ControlLoop& loop, Ports ports, core::KeyKeeper keeper)
    : loop_(loop),
      ports_(ports),
      keeper_(std::move(keeper)),
      timer_(loop.AddTimer([this] { Handle(core::TimerFired{}); })) {
  ports_.view.Store(keeper_.view());
}

void KeyDriver::Start(std::move_only_function<void(const ProbeReport&)> on_probe) {
  loop_.Post([this, on_probe = std::move(on_probe)]() mutable {
    on_probe_ = std::move(on_probe);
    Handle(core::TimerFired{});
  });
}

void KeyDriver::Stop() {
  loop_.Post([this] { Handle(core::ShutdownBegan{}); });
}

void KeyDriver::OpenBaoAnswers() {
  loop_.Post([this] { Handle(core::OpenBaoAnswers{}); });
}

std::unique_ptr<ports::PendingCall> KeyDriver::Discover(const core::KeyId& key_id,
                                                        core::MonotonicTime deadline,
                                                        ports::Completion<void> done) {
  const core::DiscoveryWaiter id = next_waiter_++;
  // Shared with a task that may be dropped.
  const auto answer = std::make_shared<ports::Completion<void>>(std::move(done));
  const bool posted = loop_.Post([this, id, key_id, deadline, answer] {
    waiters_.emplace(id, std::move(*answer));
    Handle(core::DiscoveryWanted{.waiter = id, .key_id = key_id, .deadline = deadline});
  });
  if (!posted) (*answer)(std::unexpected(core::ShuttingDown()));
  return std::make_unique<LeavingWaiter>(loop_, [this, id] { Leave(id); });
}

void KeyDriver::Leave(core::DiscoveryWaiter id) {
  Handle(core::DiscoveryUnwanted{.waiter = id});
  const auto waiter = waiters_.extract(id);
  if (!waiter.empty()) waiter.mapped()(std::unexpected(core::Cancelled()));
}

void KeyDriver::Handle(core::KeeperEvent event) {
  events_.push_back(std::move(event));
  if (handling_) return;
  handling_ = true;
  while (!events_.empty()) {
    const core::KeeperEvent next = std::move(events_.front());
    events_.pop_front();
    for (const core::KeeperAction& action : keeper_.Step(next, ports_.clock.Now())) {
      std::visit([this](const auto& a) { Do(a); }, action);
    }
  }
  handling_ = false;
  loop_.Arm(timer_, keeper_.NextTimer());
}

void KeyDriver::Do(const core::ReadMetadata& action) {
  metadata_started_ = ports_.clock.Now().monotonic;
  core::ReadTransitMetadata(
      ports_.tokens, ports_.transit, action.deadline, [this](core::MetadataOutcome outcome) {
        loop_.Post([this, outcome = std::move(outcome)]() mutable {
          std::visit([this](auto& event) { Handle(std::move(event)); }, outcome);
        });
      });
}

void KeyDriver::Do(const core::DeepProbe& action) {
  deep_started_ = ports_.clock.Now().monotonic;
  core::ProbeDeeply(ports_.tokens, ports_.transit, ports_.random, action.version, action.deadline,
                    [this](const core::DeepProbeFinished& finished) {
                      loop_.Post([this, finished] { Handle(finished); });
                    });
}

void KeyDriver::Do(const core::Save& action) {
  // Files that are gone must not keep the next generation from being saved.
  if (ports_.watch != nullptr && action.published) ports_.watch->LookBeforeSave(*action.published);
  Handle(core::SaveFinished{.result = core::SaveRegistry(ports_.store, action)});
}

void KeyDriver::Do(const core::AnswerDiscovery& action) {
  const auto waiter = waiters_.extract(action.waiter);
  if (!waiter.empty()) waiter.mapped()(action.result);
}

void KeyDriver::LookAtFiles() {
  const core::KeyView view = keeper_.view();
  // After a failed save they may hold the attempted state, and that is told already.
  const bool pending =
      view.persistence_degraded || view.metadata_reason == core::Reason::kStateSaveFailed;
  if (ports_.watch != nullptr && keeper_.registry() && !pending) {
    ports_.watch->Look(*keeper_.registry());
  }
}

void KeyDriver::Do(const core::MetadataProbeEnded& action) {
  LookAtFiles();
  ports_.telemetry.MetadataObserved(ObservationLabel(action));
  ReportProbe(ports::ProbeKind::kMetadata, action.ok, action.reason, action.error);
}

void KeyDriver::Do(const core::DeepProbeEnded& action) {
  ReportProbe(ports::ProbeKind::kDeep, action.ok, action.reason, action.error);
}

void KeyDriver::ReportProbe(ports::ProbeKind kind, bool ok, std::optional<core::Reason> reason,
                            const std::optional<core::Error>& error) {
  const core::ClockReading now = ports_.clock.Now();
  // A probe that an open breaker stopped sent nothing: it took no time.
  auto& started = kind == ports::ProbeKind::kMetadata ? metadata_started_ : deep_started_;
  const core::MonotonicTime began = std::exchange(started, std::nullopt).value_or(now.monotonic);
  const core::KeyView view = keeper_.view();
  const bool healthy = core::IsHealthy(view, now.boot);
  ports_.telemetry.ProbeFinished(
      {.kind = kind,
       .ok = ok,
       .reason = reason ? core::Name(*reason) : std::string_view(),
       .error_class = core::ClassOf(error),
       .duration = now.monotonic - began,
       .healthy = healthy,
       .key_id_hash = view.keys ? view.keys->active->key_id_hash : std::string_view(),
       .transit_key_version = view.keys ? view.keys->active->snapshot.version.number() : 0});
  if (!on_probe_) return;
  on_probe_({.healthy = healthy,
             .reason = reason,
             .error = error,
             .refusal = keeper_.refusal(),
             .kind = kind,
             .ended = now.boot,
             .took = now.monotonic - began});
}

void KeyDriver::Do(const core::Promoted& action) {
  ports_.telemetry.KeyPromoted(
      {.key_id_hash = core::PublicHash(action.now.key_id.str()),
       .transit_key_version = action.now.version.number(),
       .previous_key_id_hash = core::PublicHash(action.before.key_id.str()),
       .previous_transit_key_version = action.before.version.number()});
}

void KeyDriver::Do(const core::CandidateFound& action) {
  ports_.telemetry.RotationPending(core::PublicHash(action.candidate.key_id.str()),
                                   action.candidate.version.number());
}

void KeyDriver::Do(const core::UndecryptableChanged& action) {
  std::vector<std::int64_t> numbers;
  numbers.reserve(action.versions.size());
  for (const core::TransitKeyVersion version : action.versions) numbers.push_back(version.number());
  ports_.telemetry.RetiredUndecryptable(numbers);
}

}  // namespace baokms::app
