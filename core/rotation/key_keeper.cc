#include "core/rotation/key_keeper.h"

#include <algorithm>
#include <utility>

#include "core/rotation/key_view.h"
#include "core/rotation/status.h"
#include "core/transit/transit_profile.h"

namespace baokms::core {
namespace {

constexpr Duration kBetweenEarlyProbes = std::chrono::seconds(1);

// For a breaker: OpenBao that denies a probe by policy is well, and needs no other pace.
bool Counts(const Error& error) { return error.error_class() != ErrorClass::kTransitPolicyDenied; }

// A call that failed on its way, and may succeed a moment later: the first one in a row is not yet
// Status. Whatever was answered is.
bool MayBeForgiven(const Error& error, const CircuitBreaker& breaker,
                   const std::optional<Reason>& reason) {
  return !reason && breaker.failures() == 1 && MayPass(error);
}

}  // namespace

KeyKeeper::KeyKeeper(KeeperPolicy policy, Registry::Identity identity,
                     std::optional<Registry> registry)
    : policy_(std::move(policy)), identity_(std::move(identity)), published_(std::move(registry)) {
  if (published_) keys_ = BuildKeySet(*published_, policy_.plugin_version);
}

std::vector<KeeperAction> KeyKeeper::Step(const KeeperEvent& event, const ClockReading& now) {
  Actions out;
  if (phase_ == Phase::kStopped) {
    if (const auto* wanted = std::get_if<DiscoveryWanted>(&event)) {
      out.push_back(AnswerDiscovery{wanted->waiter, std::unexpected(ShuttingDown())});
    }
    return out;
  }
  std::visit([&](const auto& e) { On(e, now, out); }, event);
  if (phase_ != Phase::kStopped) {
    StartDueWork(now, out);
    ServeWaiters(now, out);
  }
  return out;
}

// ---- deciding what to do next ----

void KeyKeeper::On(const TimerFired&, const ClockReading&, Actions&) {}

void KeyKeeper::StartDueWork(const ClockReading& now, Actions& out) {
  if (phase_ == Phase::kIdle && now.monotonic >= metadata_due_) {
    BeginMetadata(ObservationKind::kRegular, now, out);
  }
  if (phase_ == Phase::kIdle && now.monotonic >= deep_due_) BeginDeep(now, out);
}

void KeyKeeper::On(const OpenBaoAnswers&, const ClockReading& now, Actions&) {
  if (phase_ == Phase::kIdle) {
    MakeDueIfFailed(now);
  } else {
    answers_meanwhile_ = true;
  }
}

// Both probes: after a failed deep probe each good metadata probe asks for another.
void KeyKeeper::MakeDueIfFailed(const ClockReading& now) {
  answers_meanwhile_ = false;
  if (IsHealthy(view(), now.boot)) return;
  const MonotonicTime due =
      made_early_ ? std::max(now.monotonic, *made_early_ + kBetweenEarlyProbes) : now.monotonic;
  if (metadata_due_ <= due) return;
  metadata_due_ = due;
  made_early_ = due;
}

MonotonicTime KeyKeeper::NextTimer() const {
  if (phase_ == Phase::kStopped) return MonotonicTime::max();
  MonotonicTime next = MonotonicTime::max();
  // While an action runs its own end wakes us; only waiters' deadlines do not depend on it.
  if (phase_ == Phase::kIdle) next = std::min(metadata_due_, deep_due_);
  for (const Waiter& waiter : waiters_) next = std::min(next, waiter.deadline);
  return next;
}

// ---- the metadata probe ----

void KeyKeeper::BeginMetadata(ObservationKind kind, const ClockReading& now, Actions& out) {
  kind_ = kind;
  refusal_.clear();
  if (kind == ObservationKind::kDiscovery && metadata_breaker_.open()) {
    MetadataFailed(Reason::kCircuitBreakerOpen, std::nullopt, now, out);
    return;
  }
  phase_ = Phase::kReadingMetadata;
  out.push_back(ReadMetadata{now.monotonic + policy_.probe_timeout});
}

void KeyKeeper::On(const MetadataReadFailed& event, const ClockReading& now, Actions& out) {
  if (Counts(event.error)) metadata_breaker_.Failed();
  MetadataFailed(event.reason, event.error, now, out);
}

void KeyKeeper::On(const MetadataRead& event, const ClockReading& now, Actions& out) {
  metadata_breaker_.Succeeded();
  if (now.wall < last_wall_) out.push_back(WallClockRegressed{});
  last_wall_ = now.wall;
  if (!event.disable_upsert) {
    MetadataFailed(Reason::kUpsertAllowed, std::nullopt, now, out);
    return;
  }
  metadata_ = event.metadata;
  if (unsaved_) {
    BeginSave(*unsaved_, Phase::kSavingAgain, out);
    return;
  }
  Judge(MayPromote(now.monotonic), now, out);
}

void KeyKeeper::Judge(bool may_promote, const ClockReading& now, Actions& out) {
  if (!published_) {
    auto first = Bootstrap(identity_, metadata_, now.wall);
    if (!first) {
      refusal_ = first.error().why;
      MetadataFailed(first.error().reason, std::nullopt, now, out);
      return;
    }
    blocked_after_ = false;
    undecryptable_after_.clear();
    BeginSave(*std::move(first), Phase::kSavingNext, out);
    return;
  }
  auto seen = Observe(*published_, metadata_, policy_.rotation, kind_, may_promote, now.wall);
  if (!seen) {
    if (seen.error() == Reason::kProfileInvalid) refusal_ = DescribeProfile(metadata_);
    MetadataFailed(seen.error(), std::nullopt, now, out);
    return;
  }
  blocked_after_ = seen->encryption_blocked;
  undecryptable_after_ = std::move(seen->undecryptable);
  if (!seen->next) {
    MetadataSucceeded(now, out);
  } else if (seen->promotes) {
    candidate_ = std::move(seen->next);
    phase_ = Phase::kProbingCandidate;
    out.push_back(DeepProbe{candidate_->active().version, now.monotonic + policy_.probe_timeout});
  } else {
    BeginSave(*std::move(seen->next), Phase::kSavingNext, out);
  }
}

bool KeyKeeper::MayPromote(MonotonicTime now) const {
  const auto due = promotion_due();
  return policy_.activation_delay == Duration::zero() || (due && now >= *due);
}

std::optional<MonotonicTime> KeyKeeper::promotion_due() const {
  if (!published_ || !delay_of_) return std::nullopt;
  const KeySnapshot* pending = published_->pending();
  if (pending == nullptr || pending->key_id != *delay_of_) return std::nullopt;
  return delay_started_ + policy_.activation_delay;
}

std::optional<MonotonicTime> KeyKeeper::earliest_promotion() const {
  const KeySnapshot* pending = published_ ? published_->pending() : nullptr;
  if (pending == nullptr || metadata_due_ == MonotonicTime::min()) return std::nullopt;
  const Duration interval = policy_.probe_interval;
  std::optional<MonotonicTime> due = promotion_due();
  if (!due) {
    // The delay starts with the probe that makes the version stable, or the next one if it is.
    const std::int64_t missing = pending->stable_at != 0 ? 1
                                                         : policy_.rotation.required_observations -
                                                               pending->stable_observation_count;
    due = metadata_due_ + std::max<std::int64_t>(0, missing - 1) * interval +
          policy_.activation_delay;
  }
  if (*due <= metadata_due_) return metadata_due_;
  // Up to the first probe that finds the delay over.
  const Duration beyond = *due - metadata_due_;
  return metadata_due_ + (beyond + interval - Duration(1)) / interval * interval;
}

// ---- saving ----

void KeyKeeper::BeginSave(Registry next, Phase phase, Actions& out) {
  phase_ = phase;
  candidate_ = next;
  out.push_back(Save{published_, std::move(next)});
}

void KeyKeeper::On(const SaveFinished& event, const ClockReading& now, Actions& out) {
  const bool retry = phase_ == Phase::kSavingAgain;
  Registry candidate = *std::exchange(candidate_, std::nullopt);
  switch (event.result) {
    case SaveResult::kSaved:
      if (!retry && published_ && published_->active().key_id != candidate.active().key_id) {
        // The candidate's deep probe, made just before this save, is the newest word on the active
        // version. Before a retried save another probe may have failed since.
        deep_reason_.reset();
        deep_error_.reset();
        deep_breaker_.Succeeded();
        deep_due_ = now.monotonic + policy_.deep_probe_interval;
      }
      unsaved_.reset();
      degraded_ = false;
      Accept(std::move(candidate), out);
      if (retry) {
        // Published now, because what follows may take a while and a discovery may wait for it. The
        // metadata at hand has not been judged against what was only now saved.
        out.push_back(Publish{});
        Judge(MayPromote(now.monotonic), now, out);
      } else {
        MetadataSucceeded(now, out);
      }
      return;
    case SaveResult::kForked:
      unsaved_ = std::move(candidate);
      MetadataFailed(Reason::kStateUnavailable, std::nullopt, now, out);
      return;
    case SaveResult::kFailed:
    case SaveResult::kFailedFilesUnchanged:
      break;
  }
  const auto published_seen =
      published_
          ? std::optional(Observe(*published_, metadata_, policy_.rotation,
                                  ObservationKind::kDiscovery, /*may_promote=*/false, now.wall))
          : std::nullopt;
  const bool deferrable = event.result == SaveResult::kFailedFilesUnchanged && published_seen &&
                          *published_seen && DifferOnlyInStability(*published_, candidate);
  unsaved_ = std::move(candidate);
  if (!deferrable) {
    MetadataFailed(Reason::kStateSaveFailed, std::nullopt, now, out);
    return;
  }
  // Nothing that a request needs was lost: the published state stays valid and fresh.
  degraded_ = true;
  if (kind_ == ObservationKind::kRegular) {
    const Observation& seen = **published_seen;
    Verified(seen.encryption_blocked, seen.undecryptable, now, out);
  } else {
    discovery_failed_ = true;  // the metadata was not judged for the id that is wanted
  }
  EndMetadata(now);
  out.push_back(
      MetadataProbeEnded{.ok = false, .reason = Reason::kStateSaveFailed, .error = std::nullopt});
  out.push_back(Publish{});
}

void KeyKeeper::Accept(Registry saved, Actions& out) {
  const std::optional<Registry> before = std::exchange(published_, std::move(saved));
  keys_ = BuildKeySet(*published_, policy_.plugin_version);
  if (!before) return;
  if (before->active().key_id != published_->active().key_id) {
    out.push_back(Promoted{published_->active(), before->active()});
  }
  const KeySnapshot* pending = published_->pending();
  const KeySnapshot* known = before->pending();
  if (pending != nullptr && (known == nullptr || known->key_id != pending->key_id)) {
    out.push_back(CandidateFound{*pending});
  }
}

// ---- ends of a metadata probe ----

void KeyKeeper::MetadataSucceeded(const ClockReading& now, Actions& out) {
  if (kind_ == ObservationKind::kDiscovery) {
    // A discovery adds keys; health, freshness and delays are the regular probe's.
    EndMetadata(now);
    out.push_back(Publish{});
    return;
  }
  const KeySnapshot* pending = published_->pending();
  if (pending != nullptr && pending->stable_at != 0 && delay_of_ != pending->key_id) {
    // From when the stable state is durable and published.
    delay_of_ = pending->key_id;
    delay_started_ = now.monotonic;
  }
  metadata_reason_.reset();
  metadata_error_.reset();
  Verified(blocked_after_, undecryptable_after_, now, out);
  if (IsHealthy(view(), now.boot)) was_healthy_ = true;
  EndMetadata(now);
  // After a failed deep probe the next good metadata probe asks for another.
  if (deep_reason_) deep_due_ = now.monotonic;
  out.push_back(MetadataProbeEnded{.ok = true, .reason = std::nullopt, .error = std::nullopt});
  out.push_back(Publish{});
}

void KeyKeeper::Verified(bool blocked, std::vector<TransitKeyVersion> undecryptable,
                         const ClockReading& now, Actions& out) {
  verified_at_ = now.boot;
  encryption_blocked_ = blocked;
  if (undecryptable == undecryptable_) return;
  undecryptable_ = std::move(undecryptable);
  out.push_back(UndecryptableChanged{undecryptable_});
}

void KeyKeeper::MetadataFailed(Reason reason, const std::optional<Error>& error,
                               const ClockReading& now, Actions& out) {
  candidate_.reset();
  // A discovery that cannot read proves nothing about the keys in use; files that cannot be trusted
  // do.
  const bool files = reason == Reason::kStateSaveFailed || reason == Reason::kStateUnavailable;
  if (kind_ == ObservationKind::kDiscovery) discovery_failed_ = true;
  const bool forgiven = error && MayBeForgiven(*error, metadata_breaker_, metadata_reason_);
  if ((kind_ == ObservationKind::kRegular && !forgiven) || files) {
    metadata_reason_ = reason;
    metadata_error_ = ClassOf(error);
  }
  out.push_back(MetadataProbeEnded{.ok = false, .reason = reason, .error = error});
  EndMetadata(now);
  out.push_back(Publish{});
}

Duration KeyKeeper::Pause(const CircuitBreaker& breaker, Duration interval) const {
  if (!was_healthy_) return policy_.start_retry_interval;
  return breaker.Pause(policy_.first_repeat,
                       std::min(policy_.longest_repeat, policy_.probe_interval), interval);
}

void KeyKeeper::EndMetadata(const ClockReading& now) {
  phase_ = Phase::kIdle;
  if (kind_ == ObservationKind::kRegular) {
    metadata_due_ = now.monotonic + Pause(metadata_breaker_, policy_.probe_interval);
  }
  if (answers_meanwhile_) MakeDueIfFailed(now);
}

// ---- the deep probe ----

void KeyKeeper::BeginDeep(const ClockReading& now, Actions& out) {
  deep_due_ = now.monotonic + policy_.deep_probe_interval;
  if (!published_ || encryption_blocked_) return;
  phase_ = Phase::kDeepProbing;
  out.push_back(DeepProbe{published_->active().version, now.monotonic + policy_.probe_timeout});
}

void KeyKeeper::On(const DeepProbeFinished& event, const ClockReading& now, Actions& out) {
  const bool ok = event.result == DeepResult::kOk;
  std::optional<Reason> reason;
  if (event.result == DeepResult::kFailed) reason = Reason::kDeepProbeFailed;
  if (event.result == DeepResult::kInvalid) reason = Reason::kDeepProbeInvalid;
  if (phase_ != Phase::kProbingCandidate) {
    if (ok) {
      deep_breaker_.Succeeded();
    } else if (!event.error || Counts(*event.error)) {
      deep_breaker_.Failed();
    }
    DeepEnded(reason, event.error, now, out);
    return;
  }
  out.push_back(DeepProbeEnded{.ok = ok, .reason = reason, .error = event.error});
  if (ok) {
    Registry next = *candidate_;
    BeginSave(std::move(next), Phase::kSavingNext, out);
  } else {
    // The promotion waits for a better probe; everything else of this observation counts. The
    // breaker guards the active version's probe: a candidate's failures must not open it and so
    // make Status unhealthy.
    candidate_.reset();
    Judge(/*may_promote=*/false, now, out);
  }
}

void KeyKeeper::DeepEnded(std::optional<Reason> reason, const std::optional<Error>& error,
                          const ClockReading& now, Actions& out) {
  phase_ = Phase::kIdle;
  if (!error || !MayBeForgiven(*error, deep_breaker_, deep_reason_)) {
    deep_reason_ = reason;
    deep_error_ = ClassOf(error);
  }
  if (IsHealthy(view(), now.boot) && !was_healthy_) {
    was_healthy_ = true;
    metadata_due_ = now.monotonic + policy_.probe_interval;
  }
  deep_due_ = now.monotonic + Pause(deep_breaker_, policy_.deep_probe_interval);
  if (answers_meanwhile_) MakeDueIfFailed(now);
  out.push_back(DeepProbeEnded{.ok = !reason, .reason = reason, .error = error});
  out.push_back(Publish{});
}

// ---- discovery ----

void KeyKeeper::On(const DiscoveryWanted& event, const ClockReading&, Actions&) {
  waiters_.push_back({event.waiter, event.key_id, event.deadline});
}

void KeyKeeper::On(const DiscoveryUnwanted& event, const ClockReading&, Actions&) {
  std::erase_if(waiters_, [&](const Waiter& waiter) { return waiter.id == event.waiter; });
}

void KeyKeeper::ServeWaiters(const ClockReading& now, Actions& out) {
  std::erase_if(waiters_, [&](const Waiter& waiter) {
    if (keys_ && keys_->decryptable.contains(waiter.key_id.str())) {
      out.push_back(AnswerDiscovery{waiter.id, {}});
      return true;
    }
    if (now.monotonic >= waiter.deadline) {
      out.push_back(AnswerDiscovery{waiter.id, std::unexpected(DeadlineExceeded())});
      return true;
    }
    return false;
  });
  // A running probe comes first: it may bring the id.
  if (waiters_.empty() || phase_ != Phase::kIdle) return;
  const bool throttled = discovered_at_ && now.monotonic < *discovered_at_ + policy_.probe_interval;
  if (!throttled) {
    discovered_at_ = now.monotonic;
    discovery_failed_ = false;
    BeginMetadata(ObservationKind::kDiscovery, now, out);
    if (phase_ != Phase::kIdle) return;
  }
  for (const Waiter& waiter : std::exchange(waiters_, {})) {
    out.push_back(AnswerDiscovery{
        waiter.id,
        discovery_failed_ ? Result<void>(std::unexpected(KeyDiscoveryFailed())) : Result<void>()});
  }
}

void KeyKeeper::On(const ShutdownBegan&, const ClockReading&, Actions& out) {
  phase_ = Phase::kStopped;
  for (const Waiter& waiter : std::exchange(waiters_, {})) {
    out.push_back(AnswerDiscovery{waiter.id, std::unexpected(ShuttingDown())});
  }
}

// ---- what handlers see ----

KeyView KeyKeeper::view() const {
  return {.keys = keys_,
          .metadata_reason = metadata_reason_,
          .deep_reason = deep_reason_,
          .metadata_error = metadata_error_,
          .deep_error = deep_error_,
          .encryption_blocked = encryption_blocked_,
          .breaker_open = metadata_breaker_.open() || deep_breaker_.open(),
          .persistence_degraded = degraded_,
          .undecryptable = undecryptable_,
          .verified_at = verified_at_,
          .max_staleness = policy_.max_staleness,
          .earliest_promotion = earliest_promotion()};
}

}  // namespace baokms::core
