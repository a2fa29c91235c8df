// The keeper of the keys: probes, rotation, saves, discovery and what of them is published, as one
// stepped state machine (registry-and-rotation.md; architecture.md, "Who may change what"). It does
// no I/O and never waits: each event returns the actions to carry out, and one of those that take
// time runs at a time. Copyable, so that a model check can branch on it. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/model/key_view.h"
#include "core/model/time.h"
#include "core/registry/registry.h"
#include "core/registry/registry_save.h"
#include "core/rotation/bootstrap.h"
#include "core/rotation/circuit_breaker.h"
#include "core/rotation/deep_probe.h"
#include "core/rotation/metadata_read.h"
#include "core/rotation/rotation.h"

namespace baokms::core {

struct KeeperPolicy {
  RotationPolicy rotation;
  Duration activation_delay{};
  Duration probe_interval{};
  Duration deep_probe_interval{};
  Duration start_retry_interval{};  // between metadata probes until Status was healthy once
  Duration max_staleness{};
  Duration probe_timeout{};  // openbao.timeout
  std::string plugin_version;
};

using DiscoveryWaiter = std::uint64_t;

// ---- what happened ----
struct TimerFired {};
struct SaveFinished {
  SaveResult result;
};
struct DiscoveryWanted {
  DiscoveryWaiter waiter;
  KeyId key_id;
  MonotonicTime deadline;
};
struct ShutdownBegan {};
using KeeperEvent = std::variant<TimerFired, MetadataRead, MetadataReadFailed, DeepProbeFinished,
                                 SaveFinished, DiscoveryWanted, ShutdownBegan>;

// ---- what to do ----
struct ReadMetadata {  // key metadata and disable_upsert
  MonotonicTime deadline;
};
struct DeepProbe {
  TransitKeyVersion version;
  MonotonicTime deadline;
};
struct Publish {};  // view() has changed
struct AnswerDiscovery {
  DiscoveryWaiter waiter;
  Result<void> result;
};
// Told to telemetry.
struct MetadataProbeEnded {
  bool ok;
  std::optional<Reason> reason;  // none when ok
  std::optional<Error> error;    // of the call that failed, where one did
};
struct DeepProbeEnded {
  bool ok;
  std::optional<Reason> reason;
  std::optional<ErrorClass> error;
};
struct Promoted {
  KeySnapshot now;
  KeySnapshot before;
};
struct CandidateFound {
  KeySnapshot candidate;
};
struct WallClockRegressed {};
using KeeperAction =
    std::variant<ReadMetadata, DeepProbe, Save, Publish, AnswerDiscovery, MetadataProbeEnded,
                 DeepProbeEnded, Promoted, CandidateFound, WallClockRegressed>;

class KeyKeeper {
 public:
  // `registry`: as recovered from disk; none: bootstrap decides at the first metadata.
  KeyKeeper(KeeperPolicy policy, Registry::Identity identity, std::optional<Registry> registry);

  // An event that ends an action comes once for it; the first TimerFired starts probing.
  std::vector<KeeperAction> Step(const KeeperEvent& event, const ClockReading& now);

  // When TimerFired is due next.
  MonotonicTime NextTimer() const;
  // What handlers may see now.
  KeyView view() const;
  const std::optional<Registry>& registry() const { return published_; }
  // What in the last metadata was refused, for a person: "latest_version=2" at a bootstrap, the
  // codes of a profile that does not fit; empty when the reason says it all.
  const std::string& refusal() const { return refusal_; }
  // When the stable candidate may be promoted; none without one.
  std::optional<MonotonicTime> promotion_due() const;

 private:
  // The model check tells states apart by every member below (tests/unit/model_check).
  friend class KeyKeeperForm;

  enum class Phase : std::uint8_t {
    kIdle,
    kReadingMetadata,
    kProbingCandidate,
    kSavingAgain,  // a candidate whose save failed earlier, exactly as it was
    kSavingNext,
    kDeepProbing,
    kStopped,
  };
  struct Waiter {
    DiscoveryWaiter id;
    KeyId key_id;
    MonotonicTime deadline;
  };
  using Actions = std::vector<KeeperAction>;

  void On(const TimerFired&, const ClockReading& now, Actions& out);
  void On(const MetadataRead& event, const ClockReading& now, Actions& out);
  void On(const MetadataReadFailed& event, const ClockReading& now, Actions& out);
  void On(const DeepProbeFinished& event, const ClockReading& now, Actions& out);
  void On(const SaveFinished& event, const ClockReading& now, Actions& out);
  void On(const DiscoveryWanted& event, const ClockReading& now, Actions& out);
  void On(const ShutdownBegan&, const ClockReading& now, Actions& out);

  void StartDueWork(const ClockReading& now, Actions& out);
  void BeginMetadata(ObservationKind kind, const ClockReading& now, Actions& out);
  void BeginDeep(const ClockReading& now, Actions& out);
  void Judge(bool may_promote, const ClockReading& now, Actions& out);
  void BeginSave(Registry next, Phase phase, Actions& out);
  void Accept(Registry saved, Actions& out);
  void MetadataSucceeded(const ClockReading& now, Actions& out);
  void MetadataFailed(Reason reason, const std::optional<Error>& error, const ClockReading& now,
                      Actions& out);
  void EndMetadata(const ClockReading& now);
  void DeepEnded(std::optional<Reason> reason, const std::optional<Error>& error,
                 const ClockReading& now, Actions& out);
  void ServeWaiters(const ClockReading& now, Actions& out);
  bool MayPromote(MonotonicTime now) const;
  bool BreakersMatter() const { return was_healthy_; }

  KeeperPolicy policy_;
  Registry::Identity identity_;
  std::optional<Registry> published_;
  std::shared_ptr<const KeySet> keys_;
  std::optional<Registry> unsaved_;  // its save failed; it is tried again before anything else

  Phase phase_ = Phase::kIdle;
  ObservationKind kind_ = ObservationKind::kRegular;
  TransitKeyMetadata metadata_;  // of the probe under way
  std::optional<Registry> candidate_;
  bool blocked_after_ = false;

  std::optional<Reason> metadata_reason_ = Reason::kMetadataUnverified;
  std::optional<Reason> deep_reason_ = Reason::kDeepProbePending;
  std::optional<ErrorClass> metadata_error_;
  std::optional<ErrorClass> deep_error_;
  bool encryption_blocked_ = false;
  bool degraded_ = false;
  bool was_healthy_ = false;
  std::optional<BootTime> verified_at_;
  std::string refusal_;

  CircuitBreaker metadata_breaker_;
  CircuitBreaker deep_breaker_;
  MonotonicTime metadata_due_ = MonotonicTime::min();
  MonotonicTime deep_due_ = MonotonicTime::max();

  // The activation delay of the pending key it started for.
  std::optional<KeyId> delay_of_;
  MonotonicTime delay_started_{};

  std::vector<Waiter> waiters_;
  std::optional<MonotonicTime> discovered_at_;  // the last one's start
  bool discovery_failed_ = false;
  UnixSeconds last_wall_ = 0;
};

}  // namespace baokms::core
