// The keeper of the keys (registry-and-rotation.md; architecture.md, "Who may change what").
//
// It decides when OpenBao is asked about the key, what an answer changes in the registry, when a
// candidate becomes the active version, what is saved, and what request handlers may see of it. It
// is one state machine because these decisions depend on each other in their order: a promotion
// that is published before it is saved, or two observations that build on the same generation,
// would lose keys. docs/adr/0004-stepped-state-machines.md says why it is a stepped value.
//
// HOW IT RUNS
//
// Step() takes one event and the time, and returns the actions to carry out, in order. The keeper
// does no I/O, never waits and reads no clock. In the program KeyDriver (app/serve/key_driver.h)
// owns it on the control loop: it carries the actions out and hands in their ends as events. Events
// that come up while the actions of a step are carried out wait for their turn. The model check
// (tests/unit/model_check) copies keepers, plays every order of events up to a bound against a
// modeled Transit and disk, and judges each step by its own statement of the rules.
//
//   action         who carries it out              event that ends it
//   ReadMetadata   ReadTransitMetadata             MetadataRead or MetadataReadFailed
//   DeepProbe      ProbeDeeply                     DeepProbeFinished
//   Save           SaveRegistry, in the loop       SaveFinished
//   all others     the driver, at once: the view, a waiter's completion, telemetry
//
// The other events come from outside: TimerFired from the loop, DiscoveryWanted and
// DiscoveryUnwanted from a Decrypt, OpenBaoAnswers from what ends an outage, ShutdownBegan from the
// program's end. A timer's event says nothing by itself: after every event the keeper looks at what
// is due.
//
// PHASES
//
//   phase               what is under way
//   kIdle               nothing
//   kReadingMetadata    ReadMetadata, of a regular probe or of a discovery
//   kSavingAgain        Save of the candidate whose save failed earlier
//   kProbingCandidate   DeepProbe of the version that the observation would promote
//   kSavingNext         Save of what the observation (or the bootstrap) made
//   kDeepProbing        DeepProbe of the active version
//   kStopped            nothing, for good
//
//   in                  when                                           goes to
//   kIdle               a metadata probe is due, or a discovery        kReadingMetadata
//                         is wanted and not throttled
//   kIdle               the deep probe is due                          kDeepProbing
//   kReadingMetadata    failed, refused, or nothing changes            kIdle
//                       read, and an earlier save failed               kSavingAgain
//                       the next generation promotes                   kProbingCandidate
//                       any other next generation, or the first        kSavingNext
//   kSavingAgain        failed again                                   kIdle
//                       saved: the same metadata is judged now         as from kReadingMetadata,
//                                                                        but not kSavingAgain
//   kProbingCandidate   good                                           kSavingNext
//                       not good: the observation counts, without      kSavingNext, or kIdle when
//                         its promotion                                  nothing else changes
//   kSavingNext         ended, saved or not                            kIdle
//   kDeepProbing        ended                                          kIdle
//   any                 shutdown                                       kStopped
//
// From kIdle a discovery that the breaker stops fails without leaving kIdle; a deep probe is
// skipped while there is no registry or the active version may not encrypt. In kStopped each
// discovery is answered with ShuttingDown(), and every other event is ignored.
//
// RULES, AND WHY
//
// One operation at a time. Whatever becomes due, or is wanted, while one is under way waits for its
// end. So each observation is judged against the generation that is published, and no two saves can
// build on the same one.
//
// Nothing is published before it is saved. The keys of the view change in two places only: in the
// constructor, with what was recovered from disk, and when a save has succeeded. Otherwise a crash
// could take back a key_id that kube-apiserver has already used.
//
// A failed save is repeated exactly. The files may already hold the attempted generation, so any
// other one could fork the chain. The candidate is kept and saved after the next metadata that was
// read with disable_upsert on, before that metadata is judged. SaveRegistry overwrites nothing
// while the files hold neither the published nor the attempted state. A failed save makes Status
// unhealthy, also in a discovery, with one exception: both files still hold the published state,
// the candidate differs from it in a pending record's count or stable time only, and the metadata
// just read validates the published state. Then nothing that a request needs was lost, and Status
// stays as it is (persistence_degraded).
//
// A promotion comes once, and only after all of:
//   1. the required regular observations of the candidate, which make it stable;
//   2. the activation delay, which with the observations gives peers time to record the version
//      before this node encrypts under it. It starts when the stable state is published at the end
//      of a regular probe, runs on the monotonic clock of this process, and belongs to one key_id.
//      So neither a jump of the wall clock nor a suspend can shorten it, and a restart or a newer
//      candidate starts it again;
//   3. a good deep probe of the candidate, by the observation that promotes it, because a
//      promotion must not make Status unhealthy. A bad one postpones the promotion and does not
//      count for the breaker, which guards the version in use;
//   4. the save.
// After it Status never answers with the old key_id again.
//
// A discovery records and counts nothing. It exists because a peer may have promoted a version
// before this node saw it. It makes all checks of a regular probe, saves the versions that it
// finds, and neither counts an observation, starts a delay, promotes, nor refreshes the age of the
// view. One that fails proves nothing about the keys in use, so it leaves Status alone unless the
// files are the cause. Its reading may be the one after which an earlier candidate is saved again,
// even one that promotes: that promotion was decided by a regular probe.
//
// Discovery is throttled, because anyone who can send a Decrypt can name an unknown key_id. At most
// one starts per probe_interval, the failed ones included. All waiters share it. A waiter first
// waits for the operation under way, which may bring its id; if no discovery may start then, it
// gets the last one's outcome. Waiters have deadlines of their own; the read has the probe's, so a
// waiter that leaves cancels nothing.
//
// A probe whose calls fail is repeated soon: after first_repeat, then after twice as long each
// time, up to longest_repeat: kube-apiserver asks a plugin that is not healthy every 10 s, and what
// comes from OpenBao's return to its next Status holds up writes and starts. What counts is a
// failed read and a failed or invalid deep probe of the active version. Findings, refusals, denials
// by policy, failed saves, a candidate's probes and skipped probes do not: asking more often would
// not help there. Until Status was healthy for the first time start_retry_interval is the pace of
// all.
//
// The first failed call in a row is not yet Status, because kube-apiserver stops writing at once
// and the repeat comes within a second. It is for a call that may succeed by itself a moment later
// (MayPass in error.h). Whatever OpenBao or the probe's judgment decided is Status at once.
//
// After three failures in a row the breaker of that kind is open until a success
// (circuit_breaker.h). It stops no regular probe, since these are its trials; it stops discoveries,
// which would only make a Decrypt wait for an OpenBao that is away.
//
// The end of an outage starts what failed in it. A request or a login that succeeds after failures
// proves that OpenBao answers again; while Status is unhealthy both probes are then due at once,
// and writes work again within a second instead of an interval. One that is under way may have
// begun in the outage: if it fails, another follows at once. At most one metadata probe a second is
// started so: what fails for a reason of its own stays at its pace.
//
// Status goes stale. The view carries when the last good regular metadata probe ended (or its
// deferred save), on the clock that counts suspend; status.h compares it with max_staleness. So
// neither a hanging loop nor a sleeping machine leaves an old view healthy.
//
// One probe's success never clears the other's failure: each has a reason of its own in the view.
// While the deep probe's reason is set, each good regular metadata probe makes another deep probe
// due at once; that is also how the first one comes.
//
// A retired version that OpenBao no longer decrypts changes nothing here but what is told: the
// metadata is good, Status stays healthy, and rotation and discovery go on. Only reads of old
// objects suffer, and an unhealthy Status would add to that that nothing can be written and that an
// API server that restarts reads nothing at all.
//
// The wall clock decides nothing. It is written into records; going back is told and that is all.
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

// What the configuration and the build set; durations on CLOCK_MONOTONIC except max_staleness.
struct KeeperPolicy {
  RotationPolicy rotation;
  Duration activation_delay{};  // 0: the observation that makes a candidate stable promotes it
  Duration probe_interval{};
  Duration deep_probe_interval{};
  Duration start_retry_interval{};  // between probes until Status was healthy once
  // From the first failure of a probe's calls in a row to the next try; doubled after each further
  // one, at most longest_repeat and probe_interval.
  Duration first_repeat = std::chrono::seconds(1);
  Duration longest_repeat = std::chrono::seconds(10);
  Duration max_staleness{};
  Duration probe_timeout{};  // openbao.timeout
  std::string plugin_version;
};

// One caller that waits for a discovery; chosen by the driver, never used twice.
using DiscoveryWaiter = std::uint64_t;

// What happened. MetadataRead and MetadataReadFailed (metadata_read.h) end a ReadMetadata;
// DeepProbeFinished (deep_probe.h) ends a DeepProbe.

// Time has passed: NextTimer() is due, or the driver starts. An early one does no harm.
struct TimerFired {};
// Ends a Save, and says what the files hold now.
struct SaveFinished {
  SaveResult result;
};
// A Decrypt named `key_id`, which is well-formed and not in the view that it saw. Answered by one
// AnswerDiscovery, in this step or a later one, unless DiscoveryUnwanted comes first.
struct DiscoveryWanted {
  DiscoveryWaiter waiter;
  KeyId key_id;
  MonotonicTime deadline;  // of this caller; it does not bound the discovery
};
// The waiter's caller has gone: it wants no answer any more. What is under way goes on.
struct DiscoveryUnwanted {
  DiscoveryWaiter waiter;
};
// A request or a login has succeeded after failures. Spurious ones do no harm.
struct OpenBaoAnswers {};
// The program ends: waiters are answered and nothing starts any more. What is under way may end
// later; its event is ignored.
struct ShutdownBegan {};
using KeeperEvent =
    std::variant<TimerFired, MetadataRead, MetadataReadFailed, DeepProbeFinished, SaveFinished,
                 DiscoveryWanted, DiscoveryUnwanted, OpenBaoAnswers, ShutdownBegan>;

// What to do. The first two and Save (registry_save.h) take time: at most one of these three is
// under way.

// Read the key's metadata and the mount's disable_upsert, both by `deadline`.
struct ReadMetadata {
  MonotonicTime deadline;
};
// Encrypt and decrypt random bytes at `version`, the active one or the one to be promoted.
struct DeepProbe {
  TransitKeyVersion version;
  MonotonicTime deadline;
};
// view() may have changed: store it where handlers load it. Comes when a probe has ended, and
// within a metadata probe when a save that failed earlier has now succeeded.
struct Publish {};
// Complete the waiter. Success: the view is worth another look, though the id may be missing still.
// Else KeyDiscoveryFailed(), DeadlineExceeded() or ShuttingDown().
struct AnswerDiscovery {
  DiscoveryWaiter waiter;
  Result<void> result;
};
// For telemetry: a regular metadata probe has ended, or a discovery has failed. A discovery that
// succeeds is not told.
struct MetadataProbeEnded {
  bool ok;
  std::optional<Reason> reason;  // none when ok
  std::optional<Error> error;    // of the call that failed, where one did
};
// For telemetry: a deep probe has ended, the candidate's too.
struct DeepProbeEnded {
  bool ok;
  std::optional<Reason> reason;
  std::optional<Error> error;  // of the call that failed, where one did
};
// For telemetry: `now` is saved as the active version, and `before` is retired.
struct Promoted {
  KeySnapshot now;
  KeySnapshot before;
};
// For telemetry: a newer version is saved as pending.
struct CandidateFound {
  KeySnapshot candidate;
};
// For telemetry: the retired versions that OpenBao no longer decrypts are not the ones told last;
// empty: there is none any more.
struct UndecryptableChanged {
  std::vector<TransitKeyVersion> versions;
};
// For telemetry: the wall clock stands before its reading at the last metadata. Changes nothing.
struct WallClockRegressed {};
using KeeperAction = std::variant<ReadMetadata, DeepProbe, Save, Publish, AnswerDiscovery,
                                  MetadataProbeEnded, DeepProbeEnded, Promoted, CandidateFound,
                                  UndecryptableChanged, WallClockRegressed>;

// One thread owns a keeper and steps it; copies are independent.
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
  // When the stable candidate may be promoted; none without one, or before its delay has started in
  // this process.
  std::optional<MonotonicTime> promotion_due() const;
  // The regular probe that promotes the pending version if it and all before it are good; none
  // without a pending version, or before the first probe.
  std::optional<MonotonicTime> earliest_promotion() const;

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
  void On(const DiscoveryUnwanted& event, const ClockReading& now, Actions& out);
  void On(const OpenBaoAnswers&, const ClockReading& now, Actions& out);
  void On(const ShutdownBegan&, const ClockReading& now, Actions& out);

  void StartDueWork(const ClockReading& now, Actions& out);
  void BeginMetadata(ObservationKind kind, const ClockReading& now, Actions& out);
  void BeginDeep(const ClockReading& now, Actions& out);
  void Judge(bool may_promote, const ClockReading& now, Actions& out);
  void BeginSave(Registry next, Phase phase, Actions& out);
  void Accept(Registry saved, Actions& out);
  void MetadataSucceeded(const ClockReading& now, Actions& out);
  void Verified(bool blocked, std::vector<TransitKeyVersion> undecryptable, const ClockReading& now,
                Actions& out);
  void MetadataFailed(Reason reason, const std::optional<Error>& error, const ClockReading& now,
                      Actions& out);
  void EndMetadata(const ClockReading& now);
  void DeepEnded(std::optional<Reason> reason, const std::optional<Error>& error,
                 const ClockReading& now, Actions& out);
  void MakeDueIfFailed(const ClockReading& now);
  void ServeWaiters(const ClockReading& now, Actions& out);
  bool MayPromote(MonotonicTime now) const;
  Duration Pause(const CircuitBreaker& breaker, Duration interval) const;

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
  std::vector<TransitKeyVersion> undecryptable_after_;

  std::optional<Reason> metadata_reason_ = Reason::kMetadataUnverified;
  std::optional<Reason> deep_reason_ = Reason::kDeepProbePending;
  std::optional<ErrorClass> metadata_error_;
  std::optional<ErrorClass> deep_error_;
  bool encryption_blocked_ = false;
  std::vector<TransitKeyVersion> undecryptable_;
  bool degraded_ = false;
  bool was_healthy_ = false;
  std::optional<BootTime> verified_at_;
  std::string refusal_;

  CircuitBreaker metadata_breaker_;
  CircuitBreaker deep_breaker_;
  MonotonicTime metadata_due_ = MonotonicTime::min();
  MonotonicTime deep_due_ = MonotonicTime::max();

  // OpenBaoAnswers came while a probe was under way.
  bool answers_meanwhile_ = false;
  std::optional<MonotonicTime> made_early_;  // when the last probe was due that one brought forward

  // The activation delay of the pending key it started for.
  std::optional<KeyId> delay_of_;
  MonotonicTime delay_started_{};

  std::vector<Waiter> waiters_;
  std::optional<MonotonicTime> discovered_at_;  // the last one's start
  bool discovery_failed_ = false;
  UnixSeconds last_wall_ = 0;
};

}  // namespace baokms::core
