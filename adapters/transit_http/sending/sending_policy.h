// Who is sent to OpenBao, when, to which address, and who is refused: the decisions of the
// transport as one stepped policy (request-scheduling.md). It has no sockets, no clock and no
// threads: what happened comes in with the time, what to do comes out, and the I/O loop does it. So
// the same code runs under unit tests, in a simulation of millions of requests, and in production.
//
// The rules, and why:
//
// - Places. At most `places` transfers of requests run at a time; more connections would not make
//   OpenBao faster and would cost handshakes. Probes have places of their own, so that a flood of
//   requests never makes Status unhealthy.
// - Batches. A request that finds a place leaves at once and alone. Requests that find none wait
//   and leave together the moment a place is free: as many as one call may carry, of those that
//   may share one. From then on they are one call, with one set of attempts; each keeps its own
//   deadline and leaves by itself. While such a call is under way few calls are: those that wait
//   gather, and the next one carries more. A silent call does not count.
// - Turns. Encrypts and decrypts wait in queues of their own and are taken in turn: a storm of one
//   never starves the other. Within a queue the first come is the first served.
// - Admission. A request whose expected end, by what recent replies took and what is in front of
//   it, lies past its deadline is refused at once. One that waited and has too little time left is
//   refused too, instead of being sent for nothing. A lane with nothing under way always lets one
//   through: it finds out when OpenBao is fast again.
// - Attempts. A call is one or more attempts. What cannot have been refused by OpenBao itself (no
//   connection, a cut reply, a proxy's or a standby's answer) is tried again at the next address
//   after a growing pause, within the deadline.
// - Hedges. An attempt without a first byte for longer than nearly all recent ones gets a second
//   one beside it, at another address, or on a fresh connection; the first good reply wins.
// - Allowance. Retries and hedges together are a fraction of recent calls, plus a few: trouble of
//   OpenBao's never makes a storm of ours.
// - Suspects. An address whose last attempts stayed without a byte is asked last, and looked at
//   again by one extra attempt beside a call every few seconds. One address alone stays in use.
// - Outages. When nothing but failures came back for a while, waiting calls stop trying one by one:
//   one attempt in each pause finds out when OpenBao answers again, and all that still wait follow
//   it, those on silent attempts, too.
// - Leaving. A caller that leaves never costs a connection: the transfer runs on without it, and a
//   few transfers beyond `places` make up for such ones. One is cut only when a waiting request
//   would otherwise come too late.
//
//   waiting --place free--> under way --good reply----------> answered
//      |                        |  \--failed, may go on--> pausing --due--> (waiting, in front)
//      |                        |  \--silent--> a second attempt beside it
//      \--too late: refused     \--deadline: answered; of the last one its attempts are cut
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <variant>
#include <vector>

#include "adapters/transit_http/sending/jitter.h"
#include "adapters/transit_http/sending/known_addresses.h"
#include "adapters/transit_http/sending/recent_latency.h"
#include "adapters/transit_http/sending/retry_allowance.h"
#include "core/model/lane.h"
#include "core/model/time.h"

namespace baokms::adapters::transit_http {

using core::Lane;

struct SendingLimits {
  std::size_t addresses = 1;
  std::size_t places = 8;  // of encrypts and decrypts
  std::size_t extra = 4;   // beyond them, beside transfers whose callers have left, and hedges
  std::size_t probe_places = 2;
  std::size_t places_while_sharing = 2;  // while a call of several requests is under way
  core::Duration least_left = std::chrono::milliseconds(25);  // no attempt begins with less
  core::Duration least_hedge_delay = std::chrono::milliseconds(150);
  core::Duration first_pause = std::chrono::milliseconds(25);  // between attempts; doubles
  core::Duration longest_pause = std::chrono::milliseconds(400);
  core::Duration longest_outage_pause = std::chrono::milliseconds(200);
  core::Duration suspect_look = std::chrono::seconds(5);
  int suspect_after = 3;        // attempts in a row without a byte
  double retry_fraction = 0.2;  // of the calls of the last 10 s
  double retry_base = 10;
  std::size_t most_items = 1;                        // requests in one call; 1: each goes alone
  std::size_t most_bytes = std::size_t{256} * 1024;  // of their bodies together
};

// With which others a request may share a call: those of the same kind and group, which are only
// compared.
struct Sharing {
  std::uint64_t group = 0;
  std::size_t bytes = 0;  // of its body in a shared call
  const void* kind = nullptr;
};

// How one attempt ended.
enum class AttemptEnd : std::uint8_t {
  kReply,         // a reply that settles the request, good or bad
  kTryElsewhere,  // a reply that only another address can better: sealed
  kTryAgain,      // a reply that this address may better, too: a proxy's 502, a standby
  kBroken,        // the connection closed before a whole reply
  kUnreachable,   // no name, no connection, no TLS
  kFailed,        // nothing that another attempt would better
};

// What a request is told.
enum class Verdict : std::uint8_t {
  kReply,     // what the attempt that just ended brought
  kBestKept,  // the best of what its attempts brought
  kRefused,   // it would have ended too late: RESOURCE_EXHAUSTED
  kDeadline,
  kCancelled,  // its caller left before anything was sent
};

class SendingPolicy {
 public:
  using RequestId = std::uint64_t;
  using AttemptId = std::uint64_t;

  // ---- what to do, in this order ----
  struct Begin {
    AttemptId attempt;
    RequestId request;  // names the call: the first of its requests
    std::size_t address;
    bool fresh_connection;
    bool first;  // of this call
  };
  // The request is part of that call from now on, whose first attempt follows.
  struct Join {
    RequestId request;
    RequestId call;
  };
  // The transfer is dropped, and its connection with it.
  struct Cut {
    AttemptId attempt;
  };
  // Once for each request. What its remaining attempts bring is wiped.
  struct Answer {
    RequestId request;
    Verdict verdict;
  };
  // Idle connections to it are closed: they would be silent, too.
  struct Suspect {
    std::size_t address;
  };
  using Action = std::variant<Begin, Join, Cut, Answer, Suspect>;
  using Actions = std::vector<Action>;

  explicit SendingPolicy(SendingLimits limits, std::uint64_t seed = 0);

  // ---- what happened; `now` never goes back ----
  Actions Submit(RequestId request, Lane lane, core::MonotonicTime deadline,
                 core::MonotonicTime now,
                 std::optional<Sharing> sharing = std::nullopt);  // none: it goes alone
  Actions Leave(RequestId request, core::MonotonicTime now);      // unknown ones: nothing
  void Heard(AttemptId attempt);                                  // its first byte
  Actions Ended(AttemptId attempt, AttemptEnd end, core::MonotonicTime now);
  Actions Tick(core::MonotonicTime now);
  // When Tick is due; none while nothing waits for the clock.
  std::optional<core::MonotonicTime> NextTimer() const;

  std::size_t waiting() const { return queues_[0].size() + queues_[1].size() + queues_[2].size(); }
  std::size_t under_way() const { return attempts_.size(); }
  std::size_t preferred_address() const { return addresses_.preferred(); }
  bool IsSuspect(std::size_t address) const { return addresses_.IsSuspect(address); }
  bool in_outage() const { return outage_; }
  std::uint64_t cuts() const { return cuts_; }  // of transfers whose callers had left

 private:
  using CallId = RequestId;

  enum class TimerKind : std::uint8_t {
    kDeadline,     // of a request
    kLatestBegin,  // of a call
    kRetry,        // of a call
    kSilence,      // of an attempt
    kUnwanted,     // the deadline of the call that an attempt has outlived
    kOutage,
  };
  struct Timer {
    core::MonotonicTime when;
    TimerKind kind;
    std::uint64_t id;
    friend auto operator<=>(const Timer&, const Timer&) = default;
  };
  struct Request {
    CallId call;
    core::MonotonicTime deadline;
    bool left = false;
  };
  // One request, or those that have joined it.
  struct Call {
    Lane lane;
    std::vector<RequestId> requests;
    std::size_t requests_at_first = 1;  // with those that are answered
    core::MonotonicTime deadline;       // the last of theirs
    std::optional<Sharing> sharing{};
    std::vector<AttemptId> live{};
    std::size_t attempts = 0;
    std::size_t last_address = 0;
    bool wants_fresh_connection = false;  // of the next attempt
    core::Duration pause{};
    bool left = false;             // nobody waits for it
    std::optional<Timer> timer{};  // kLatestBegin or kRetry
  };
  struct Attempt {
    std::optional<CallId> call;  // none: it was answered
    Lane lane;
    std::size_t address;
    core::MonotonicTime began;
    bool heard = false;
    bool counted_silent = false;  // it had no byte for longer than nearly all
    bool unwanted = false;        // nobody waits for it
    bool look = false;            // at a suspect address: no answer of its call's ends it
    std::optional<Timer> silence{};
    std::optional<Timer> outlived{};
  };
  std::deque<CallId>& QueueOf(Lane lane) { return queues_[static_cast<std::size_t>(lane)]; }
  // Without a byte for longer than nearly all; probes, which tell nothing of a place, excepted.
  static bool IsSilent(const Attempt& attempt);
  static bool IsShared(const Call& call) { return call.requests_at_first > 1; }
  std::size_t SilentOnes() const;
  std::size_t Places() const;
  bool MayBegin(Lane lane) const;
  bool AdmitsAtAll(Lane lane, core::MonotonicTime deadline, core::MonotonicTime now) const;
  core::Duration LeastLeft(Lane lane) const;
  std::optional<CallId> NextInTurn(bool probes);
  void TakeCompany(CallId id, core::MonotonicTime now, Actions& out);
  void StartWaiting(core::MonotonicTime now, Actions& out);
  Attempt& BeginAttempt(CallId id, std::size_t address, bool fresh, core::MonotonicTime now,
                        Actions& out);
  void LookAtASuspect(CallId id, core::MonotonicTime now, Actions& out);
  std::size_t AddressAfter(const Call& call) const;
  core::Duration UsualSilence() const;
  core::Duration HedgeDelay(const Call& call, core::MonotonicTime now) const;
  bool IsWaiting(CallId id) const;
  void AnswerOne(RequestId id, Verdict verdict, Actions& out);
  void AnswerCall(CallId id, Verdict verdict, Actions& out, bool cut_attempts);
  void NoteIfNobodyWaits(CallId id, core::MonotonicTime now, Actions& out);
  void NoteUnwanted(Attempt& attempt);
  void Forget(AttemptId id);
  void CutAttempt(AttemptId id, Actions& out);
  bool CutOneThatNobodyWaitsFor(Lane lane, Actions& out);
  void TryAgain(CallId id, AttemptEnd end, core::MonotonicTime now, Actions& out);
  void OnSilence(AttemptId id, core::MonotonicTime now, Actions& out);
  void WaitForOthers(CallId id);
  void GiveUpOldestSilent(Actions& out);
  void FollowTo(std::size_t address, core::MonotonicTime answered_began, core::MonotonicTime now,
                Actions& out);
  void NoteSilent(Attempt& attempt, core::MonotonicTime now, Actions& out);
  void NoteFailure(core::MonotonicTime now);
  void NoteReply();
  void Arm(std::optional<Timer>& slot, Timer timer);
  void Disarm(std::optional<Timer>& slot);

  SendingLimits limits_;
  std::map<RequestId, Request> requests_;
  std::map<CallId, Call> calls_;
  std::map<AttemptId, Attempt> attempts_;
  std::array<std::deque<CallId>, 3> queues_;
  std::deque<CallId> due_;  // retries whose pause is over: before the queues
  std::set<Timer> timers_;
  KnownAddresses addresses_;
  std::size_t running_ = 0;  // attempts of encrypts and decrypts
  std::size_t running_probes_ = 0;
  std::size_t shared_ = 0;    // calls of several requests that are under way
  std::size_t unwanted_ = 0;  // of running_: nobody waits for them
  Lane last_turn_ = Lane::kDecrypt;
  // An outage: since so many failures in a row; the next attempt comes when its timer fires.
  std::size_t failures_in_a_row_ = 0;
  bool outage_ = false;
  core::Duration outage_pause_{};
  std::optional<Timer> outage_timer_;  // none in an outage: an attempt may begin
  AttemptId next_attempt_ = 1;
  RecentLatency latency_;
  RetryAllowance allowance_;
  Jitter jitter_;
  std::uint64_t cuts_ = 0;
};

}  // namespace baokms::adapters::transit_http
