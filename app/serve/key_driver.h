// Carries out what the KeyKeeper decides, on the control loop: reads metadata, probes, saves,
// publishes. It is the KeyDiscovery of handlers (registry-and-rotation.md).
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "app/published_view.h"
#include "app/serve/control_loop.h"
#include "app/serve/state_watch.h"
#include "core/rotation/key_keeper.h"
#include "ports/clock.h"
#include "ports/key_discovery.h"
#include "ports/random.h"
#include "ports/state_store.h"
#include "ports/telemetry.h"
#include "ports/token_source.h"
#include "ports/transit.h"

namespace baokms::app {

// How the last probe left things; told on the loop's thread after each.
struct ProbeReport {
  bool healthy = false;
  std::optional<core::Reason> reason;
  std::optional<core::Error> error;
  std::string refusal{};  // of the metadata, for instance "latest_version=2"
  ports::ProbeKind kind{};
  core::BootTime ended{};
  core::Duration took{};
};

class KeyDriver final : public ports::KeyDiscovery {
 public:
  struct Ports {
    const ports::Clock& clock;
    ports::TokenSource& tokens;
    ports::TransitPort& transit;
    ports::Random& random;
    ports::StateStore& store;
    ports::Telemetry& telemetry;
    PublishedView& view;
    StateWatch* watch = nullptr;  // none: nobody looks at the files
  };
  // All outlive the driver; the driver outlives the loop's thread and every probe.
  KeyDriver(ControlLoop& loop, Ports ports, core::KeyKeeper keeper);

  // `on_probe` hears of every probe's end; it must not block.
  void Start(std::move_only_function<void(const ProbeReport&)> on_probe);
  // Answers every waiter with ShuttingDown(), now and from now on; nothing starts any more.
  void Stop();

  // OpenBao answers again after failures: what they left behind is looked at now, at most once a
  // second. Any thread, never blocks.
  void OpenBaoAnswers();

  std::unique_ptr<ports::PendingCall> Discover(const core::KeyId& key_id,
                                               core::MonotonicTime deadline,
                                               ports::Completion<void> done) override;

 private:
  // Events that come up while others are carried out wait their turn.
  void Handle(core::KeeperEvent event);
  void Leave(core::DiscoveryWaiter id);
  void Do(const core::ReadMetadata& action);
  void Do(const core::DeepProbe& action);
  void Do(const core::Save& action);
  void Do(const core::Publish&) { ports_.view.Store(keeper_.view()); }
  void Do(const core::AnswerDiscovery& action);
  void Do(const core::MetadataProbeEnded& action);
  void Do(const core::DeepProbeEnded& action);
  void Do(const core::Promoted& action);
  void Do(const core::CandidateFound& action);
  void Do(const core::UndecryptableChanged& action);
  void Do(const core::WallClockRegressed&) { ports_.telemetry.ClockRegressed(); }

  void LookAtFiles();
  void ReportProbe(ports::ProbeKind kind, bool ok, std::optional<core::Reason> reason,
                   const std::optional<core::Error>& error);

  ControlLoop& loop_;
  Ports ports_;
  core::KeyKeeper keeper_;
  ControlLoop::TimerId timer_;
  std::deque<core::KeeperEvent> events_;
  bool handling_ = false;
  // Of the probe under way, none without one.
  std::optional<core::MonotonicTime> metadata_started_, deep_started_;
  std::map<core::DiscoveryWaiter, ports::Completion<void>> waiters_;
  std::atomic<core::DiscoveryWaiter> next_waiter_ = 1;
  std::move_only_function<void(const ProbeReport&)> on_probe_;
};

}  // namespace baokms::app
