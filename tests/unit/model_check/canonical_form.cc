#include "tests/unit/model_check/canonical_form.h"

#include <algorithm>

#include "tests/unit/model_check/key_keeper_form.h"

namespace baokms::core::model_check {
namespace {

constexpr int kNever = 100;

template <typename Time>
int TicksBetween(Time earlier, Time later) {
  return static_cast<int>((later - earlier) / kTick);
}

// How a written time stands to the record's observedAtUnix: that is all that a load judges.
int TimeForm(UnixSeconds time, UnixSeconds observed_at) {
  if (time == 0) return 0;
  return time < observed_at ? 1 : 2;
}

void AddView(const KeyView& view, int stale_ticks, CanonicalForm& form) {
  form.Small(view.metadata_reason ? 1 + static_cast<int>(*view.metadata_reason) : 0);
  form.Small(view.deep_reason ? 1 + static_cast<int>(*view.deep_reason) : 0);
  form.Small(view.encryption_blocked ? 1 : 0);
  form.Since(view.verified_at, stale_ticks);
  if (!view.keys) return form.Small(0);
  form.Small(1);
  form.Key(view.keys->active->snapshot.key_id);
  IdentitySet decryptable = 0;
  for (const auto& [key_id, entry] : view.keys->decryptable)
    decryptable |= SetOf(IdentityWith(key_id));
  IdentitySet refused = 0;
  for (const auto& key_id : view.keys->refused) refused |= SetOf(IdentityWith(key_id));
  form.Small(decryptable);
  form.Small(refused);
}

}  // namespace

void CanonicalForm::Until(MonotonicTime then) {
  if (then == MonotonicTime::max()) return Small(kNever);
  Small(then <= now_.monotonic ? 0 : TicksBetween(now_.monotonic, then));
}

void CanonicalForm::Since(std::optional<MonotonicTime> then, int at_most) {
  Small(then ? std::min(at_most, TicksBetween(*then, now_.monotonic)) : kNever);
}

void CanonicalForm::Since(std::optional<BootTime> then, int at_most) {
  Small(then ? std::min(at_most, TicksBetween(*then, now_.boot)) : kNever);
}

void CanonicalForm::Key(const std::optional<KeyId>& key_id) {
  Small(key_id ? 1 + IdentityWith(key_id->str()) : 0);
}

void CanonicalForm::Breaker(const CircuitBreaker& breaker) {
  // From then on the pause stays probe_interval.
  Small(std::min(breaker.failures(), CircuitBreaker::kFailuresToOpen));
}

bool CanonicalForm::Known(const std::string& hash) {
  const auto met = std::ranges::find(met_, hash, &Met::hash);
  Small(static_cast<int>(met - met_.begin()));
  return met != met_.end();
}

void CanonicalForm::Chain(std::int64_t generation, const std::optional<std::string>& previous,
                          const std::string& hash) {
  // The first generation is special: it may lack its checkpoint.
  Small(generation == 1 ? 1 : 0);
  if (!met_.empty()) {
    const std::int64_t ahead = generation - met_.front().generation;
    Small(static_cast<int>(std::clamp<std::int64_t>(ahead, -3, 3)));
  }
  Named(previous.value_or(""));
  met_.push_back({.hash = hash, .generation = generation});
}

void CanonicalForm::Named(const std::string& hash) {
  if (hash.empty()) return Small(kNever);
  const auto met = std::ranges::find(met_, hash, &Met::hash);
  Small(static_cast<int>(met - met_.begin()));
}

void CanonicalForm::Record(Identity identity, char state, std::int64_t count, const Times& times) {
  Small(identity);
  Small(state);
  Small(static_cast<int>(std::min<std::int64_t>(count, kNever)));
  Small(times.observed_at != 0 ? 1 : 0);
  Small(TimeForm(times.stable_at, times.observed_at));
  Small(TimeForm(times.promoted_at, times.observed_at));
  if (state != 'p') return;
  // A candidate's next time is written by the wall clock, unless that would be before it was seen.
  Small(now_.wall < times.observed_at ? 1 : 0);
  // No rule may look at this: it is here so that one that does is found out.
  if (times.stable_at == 0) return;
  const auto seconds = std::chrono::seconds(now_.wall - times.stable_at);
  Small(static_cast<int>(std::clamp<std::int64_t>(seconds / kTick, -1, most_wall_ticks_)));
}

void CanonicalForm::Generation(const std::optional<Registry>& registry) {
  if (!registry) return Small(kNever);
  if (Known(registry->current_hash())) return;
  Chain(registry->generation(), registry->previous_hash(), registry->current_hash());
  Small(static_cast<int>(registry->snapshots().size()));
  for (const KeySnapshot& snapshot : registry->snapshots()) {
    std::string_view state = Name(snapshot.state);
    Record(IdentityWith(snapshot.key_id.str()), state == "removed" ? 'x' : state.front(),
           snapshot.stable_observation_count,
           {snapshot.observed_at, snapshot.stable_at, snapshot.promoted_at});
  }
}

void CanonicalForm::Generation(const RegistryDocument* document) {
  if (document == nullptr) return Small(kNever);
  if (Known(document->current_hash)) return;
  Chain(document->generation, document->previous_hash, document->current_hash);
  Small(static_cast<int>(document->snapshots.size()));
  for (const SnapshotRecord& record : document->snapshots) {
    Record(IdentityWith(record.kubernetes_key_id),
           record.state == "removed" ? 'x' : record.state.front(), record.stable_observation_count,
           {record.observed_at, record.stable_at, record.promoted_at});
  }
}

void CanonicalForm::Checkpoint(const CheckpointDocument* checkpoint) {
  if (checkpoint == nullptr) return Small(kNever);
  Named(checkpoint->current_hash);
  if (met_.empty()) return;
  const std::int64_t ahead = checkpoint->generation - met_.front().generation;
  Small(static_cast<int>(std::clamp<std::int64_t>(ahead, -3, 3)));
}

std::string FormOf(const Setting& setting, const Node& node) {
  CanonicalForm form(node.now, setting.delay_ticks);
  if (node.refused) return "refused";
  const KeeperPolicy policy = PolicyOf(setting);
  form.Small(static_cast<int>(node.disk.tampering));
  form.Small(node.clock_jumped ? 1 : 0);
  form.Small(node.keeper ? 1 : 0);
  if (node.keeper) {
    KeyKeeperForm::Add(*node.keeper, node.now, form);
    AddView(node.view, static_cast<int>(policy.max_staleness / kTick) + 1, form);
    form.Small(static_cast<int>(node.call.kind));
    form.Small(node.call.version);
    if (node.call.kind != Call::Kind::kNone) form.Until(node.call.deadline);
    const ProcessMemory& process = node.process;
    form.Small(static_cast<int>(process.metadata.kind));
    form.Small(process.metadata.probed_version);
    form.Small(process.metadata.good ? 1 : 0);
    form.Small(process.stable);
    if (process.stable != kNoIdentity) {
      form.Since(process.stable_since, setting.delay_ticks);
    }
    form.Since(process.discovery, static_cast<int>(policy.probe_interval / kTick));
    form.Named(process.unsaved);
    form.Small(process.unsaved_matters ? 1 : 0);
    form.Small(process.failed_reads);
    form.Small(process.failed_deep_probes);
    form.Since(process.verified, static_cast<int>(policy.max_staleness / kTick) + 1);
  }
  // Files that are not ours are refused whatever they hold.
  if (node.disk.tampering == Tampering::kNone) {
    form.Generation(node.disk.state.get());
    form.Checkpoint(node.disk.checkpoint.get());
  }
  const LastingMemory& memory = node.memory;
  form.Small(memory.answered);
  form.Small(memory.accepted);
  form.Small(memory.removed);
  form.Small(memory.observed);
  form.Small(memory.observations);
  return form.Take();
}

}  // namespace baokms::core::model_check

namespace baokms::core {

bool KeyKeeperForm::MayDiscover(const KeyKeeper& keeper, MonotonicTime now) {
  return keeper.phase_ == KeyKeeper::Phase::kIdle && !keeper.metadata_breaker_.open() &&
         (!keeper.discovered_at_ || now >= *keeper.discovered_at_ + keeper.policy_.probe_interval);
}

void KeyKeeperForm::Add(const KeyKeeper& keeper, const ClockReading& now,
                        model_check::CanonicalForm& form) {
  // Every member has its line: one that is added to KeyKeeper stops this from compiling.
  const auto& [policy, identity, published, keys, unsaved, phase, kind, metadata, candidate,
               blocked_after, undecryptable_after, metadata_reason, deep_reason, metadata_error,
               deep_error, encryption_blocked, undecryptable, degraded, was_healthy, verified_at,
               refusal, metadata_breaker, deep_breaker, metadata_due, deep_due, answers_meanwhile,
               made_early, delay_of, delay_started, waiters, discovered_at, discovery_failed,
               last_wall] = keeper;
  using Phase = KeyKeeper::Phase;
  const bool probing = phase == Phase::kProbingCandidate;
  form.Small(static_cast<int>(phase));
  if (KeyKeeperForm::InMetadataOperation(keeper)) form.Small(static_cast<int>(kind));
  form.Generation(published);
  form.Generation(unsaved);
  if (probing) {  // judged again when the probe fails; each new read replaces both
    form.Small(static_cast<int>(metadata.latest_version));
    form.Small(static_cast<int>(metadata.min_encryption_version));
    form.Small(static_cast<int>(metadata.min_decryption_version));
    form.Small(static_cast<int>(metadata.min_available_version));
    form.Small(metadata.versions.empty()
                   ? 0
                   : static_cast<int>(metadata.versions.back().created_at % 100));
    form.Small(blocked_after ? 1 : 0);
    form.Generation(candidate);
  }
  form.Small(metadata_reason ? 1 + static_cast<int>(*metadata_reason) : 0);
  form.Small(deep_reason ? 1 + static_cast<int>(*deep_reason) : 0);
  form.Small(encryption_blocked ? 1 : 0);
  form.Small(was_healthy ? 1 : 0);
  form.Since(verified_at, static_cast<int>(policy.max_staleness / model_check::kTick) + 1);
  form.Breaker(metadata_breaker);
  form.Breaker(deep_breaker);
  form.Until(metadata_due);
  form.Until(deep_due);
  form.Small(answers_meanwhile ? 1 : 0);
  // Less than a tick: of another instant it says nothing any more.
  form.Small(made_early && now.monotonic < *made_early + std::chrono::seconds(1) ? 1 : 0);
  const KeySnapshot* pending = published ? published->pending() : nullptr;
  const bool delayed = delay_of && pending != nullptr && pending->key_id == *delay_of;
  form.Small(delayed ? 1 : 0);
  if (delayed) {
    form.Since(std::optional(delay_started),
               static_cast<int>(policy.activation_delay / model_check::kTick));
  }
  for (const KeyKeeper::Waiter& waiter : waiters) {
    form.Small('w');
    form.Key(waiter.key_id);
    form.Until(waiter.deadline);
  }
  const int throttle = static_cast<int>(policy.probe_interval / model_check::kTick);
  form.Since(discovered_at, throttle);
  const bool throttled = discovered_at && now.monotonic < *discovered_at + policy.probe_interval;
  form.Small(throttled && discovery_failed ? 1 : 0);
  // The same on every node of a run: policy, identity. Derived: keys (of published). Only told:
  // metadata_error, deep_error, undecryptable, degraded, refusal, last_wall.
  (void)identity, (void)keys, (void)metadata_error, (void)deep_error, (void)degraded;
  (void)undecryptable_after, (void)undecryptable, (void)refusal, (void)last_wall;
}

}  // namespace baokms::core
