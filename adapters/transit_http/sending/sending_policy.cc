#include "adapters/transit_http/sending/sending_policy.h"

#include <algorithm>
#include <utility>

namespace baokms::adapters::transit_http {
namespace {

using core::Duration;
using core::MonotonicTime;

// A timer fires late by as much on a busy machine.
constexpr Duration kTimerSlack = std::chrono::milliseconds(25);

bool IsProbe(Lane lane) { return lane == Lane::kProbe; }

bool MayShare(const Sharing& one, const Sharing& other) {
  return one.kind == other.kind && one.group == other.group;
}

}  // namespace

SendingPolicy::SendingPolicy(SendingLimits limits, std::uint64_t seed)
    : limits_(limits),
      addresses_(limits.addresses, limits.suspect_after, limits.suspect_look),
      allowance_(limits.retry_fraction, limits.retry_base),
      jitter_(seed) {}

// ---- events ----

SendingPolicy::Actions SendingPolicy::Submit(RequestId id, Lane lane, MonotonicTime deadline,
                                             MonotonicTime now, std::optional<Sharing> sharing) {
  Actions out;
  if (deadline <= now) {
    out.push_back(Answer{id, Verdict::kDeadline});
    return out;
  }
  if (deadline - now < limits_.least_left || !AdmitsAtAll(lane, deadline, now)) {
    out.push_back(Answer{id, Verdict::kRefused});
    return out;
  }
  requests_.emplace(id, Request{.call = id, .deadline = deadline});
  calls_.emplace(id, Call{.lane = lane,
                          .requests = {id},
                          .deadline = deadline,
                          .sharing = sharing,
                          .pause = limits_.first_pause});
  timers_.insert({deadline, TimerKind::kDeadline, id});
  QueueOf(lane).push_back(id);
  StartWaiting(now, out);
  if (IsWaiting(id)) {
    Arm(calls_.at(id).timer,
        {deadline - LeastLeft(lane) - kTimerSlack, TimerKind::kLatestBegin, id});
  }
  return out;
}

SendingPolicy::Actions SendingPolicy::Leave(RequestId id, MonotonicTime now) {
  Actions out;
  const auto found = requests_.find(id);
  if (found == requests_.end()) return out;
  found->second.left = true;
  const CallId call_id = found->second.call;
  Call& call = calls_.at(call_id);
  if (call.live.empty() && call.attempts == 0) {
    AnswerCall(call_id, Verdict::kCancelled, out, /*cut_attempts=*/false);
    return out;
  }
  NoteIfNobodyWaits(call_id, now, out);
  return out;
}

void SendingPolicy::Heard(AttemptId id) {
  const auto found = attempts_.find(id);
  if (found == attempts_.end()) return;
  Attempt& attempt = found->second;
  attempt.heard = true;
  Disarm(attempt.silence);
  addresses_.Heard(attempt.address);
}

SendingPolicy::Actions SendingPolicy::Ended(AttemptId id, AttemptEnd end, MonotonicTime now) {
  Actions out;
  const auto found = attempts_.find(id);
  if (found == attempts_.end()) return out;
  Attempt& attempt = found->second;
  const bool replied =
      end == AttemptEnd::kReply || end == AttemptEnd::kTryAgain || end == AttemptEnd::kTryElsewhere;
  if (replied) {
    addresses_.Heard(attempt.address);
  } else if (!attempt.heard) {
    NoteSilent(attempt, now, out);
  }
  const bool back = end == AttemptEnd::kReply && outage_;
  if (end == AttemptEnd::kReply) {
    latency_.Add(now - attempt.began);
    NoteReply();
  } else if (end != AttemptEnd::kFailed) {
    NoteFailure(now);
  }
  const std::optional<CallId> id_of_call = attempt.call;
  const std::size_t address = attempt.address;
  const MonotonicTime began = attempt.began;
  Forget(id);
  if (id_of_call) {
    Call& call = calls_.at(*id_of_call);
    call.last_address = address;
    if (end == AttemptEnd::kReply || end == AttemptEnd::kFailed) {
      if (end == AttemptEnd::kReply) addresses_.Answered(address);
      AnswerCall(*id_of_call, Verdict::kReply, out, /*cut_attempts=*/false);
    } else if (call.live.empty()) {
      TryAgain(*id_of_call, end, now, out);
    }
  }
  if (back) FollowTo(address, began, now, out);
  StartWaiting(now, out);
  return out;
}

SendingPolicy::Actions SendingPolicy::Tick(MonotonicTime now) {
  Actions out;
  while (!timers_.empty() && timers_.begin()->when <= now) {
    const Timer timer = *timers_.begin();
    timers_.erase(timers_.begin());
    switch (timer.kind) {
      case TimerKind::kDeadline: {
        const CallId call = requests_.at(timer.id).call;
        if (calls_.at(call).requests.size() == 1) {
          AnswerCall(call, Verdict::kDeadline, out, /*cut_attempts=*/true);
        } else {
          std::erase(calls_.at(call).requests, timer.id);
          AnswerOne(timer.id, Verdict::kDeadline, out);
          NoteIfNobodyWaits(call, now, out);
        }
        break;
      }
      case TimerKind::kLatestBegin: {
        Call& call = calls_.at(timer.id);
        call.timer.reset();
        if (outage_) {
          // Not for want of a place: it is told what the others met.
          AnswerCall(timer.id, Verdict::kBestKept, out, /*cut_attempts=*/false);
          break;
        }
        // Its turn has not come; what nobody waits for makes room.
        if (CutOneThatNobodyWaitsFor(call.lane, out)) StartWaiting(now, out);
        if (IsWaiting(timer.id))
          AnswerCall(timer.id, Verdict::kRefused, out, /*cut_attempts=*/false);
        break;
      }
      case TimerKind::kRetry:
        calls_.at(timer.id).timer.reset();
        due_.push_back(timer.id);
        break;
      case TimerKind::kSilence:
        OnSilence(timer.id, now, out);
        break;
      case TimerKind::kUnwanted:
        attempts_.at(timer.id).outlived.reset();
        CutAttempt(timer.id, out);
        break;
      case TimerKind::kOutage:
        outage_timer_.reset();
        break;
    }
  }
  StartWaiting(now, out);
  return out;
}

std::optional<MonotonicTime> SendingPolicy::NextTimer() const {
  if (timers_.empty()) return std::nullopt;
  return timers_.begin()->when;
}

// ---- admission and turns ----

// A lane with nothing under way lets one through whatever is expected: it finds out how fast
// OpenBao is now.
bool SendingPolicy::AdmitsAtAll(Lane lane, MonotonicTime deadline, MonotonicTime now) const {
  if (IsProbe(lane)) return true;
  const auto took = latency_.Lately();
  const Duration longest = latency_.Percentile99().value_or(Duration::zero());
  // Those that wait share calls where they may.
  const std::size_t waiting = (queues_[0].size() + queues_[1].size()) / limits_.most_items;
  const std::size_t in_front = running_ + due_.size() + waiting;
  if (!took || in_front == 0) return true;
  const std::size_t places = Places();
  const std::size_t behind_places = in_front + 1 > places ? in_front + 1 - places : 0;
  const Duration wait =
      *took * static_cast<std::int64_t>(behind_places) / static_cast<std::int64_t>(places);
  return now + wait + longest <= deadline;
}

// What nearly all recent replies took, or twice the usual where some took much longer. A lane with
// nothing under way asks for the bare minimum: it finds out how fast OpenBao is now.
Duration SendingPolicy::LeastLeft(Lane lane) const {
  if ((IsProbe(lane) ? running_probes_ : running_) == 0) return limits_.least_left;
  const Duration twice = 2 * latency_.Lately().value_or(Duration::zero());
  const Duration nearly_all = latency_.Percentile99().value_or(Duration::zero());
  return std::max(limits_.least_left, std::min(twice, nearly_all));
}

bool SendingPolicy::IsSilent(const Attempt& attempt) {
  return attempt.counted_silent && !attempt.heard && !IsProbe(attempt.lane);
}

std::size_t SendingPolicy::SilentOnes() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(attempts_, [](const auto& entry) { return IsSilent(entry.second); }));
}

// While requests share calls, few calls at a time carry the most: a second one keeps OpenBao busy
// while the first is on its way. What is silent, or nobody waits for, is made up for.
std::size_t SendingPolicy::Places() const {
  const std::size_t all = limits_.places + std::min(unwanted_, limits_.extra);
  if (shared_ == 0) return all;
  return std::min(all, limits_.places_while_sharing + unwanted_ + SilentOnes());
}

bool SendingPolicy::MayBegin(Lane lane) const {
  if (IsProbe(lane)) return running_probes_ < limits_.probe_places;
  // What is silent tells nothing any more: it must not keep the next attempt from finding out.
  if (outage_) {
    const std::size_t silent = SilentOnes();
    return !outage_timer_ && running_ - silent < std::max<std::size_t>(1, limits_.places / 2) &&
           (running_ < limits_.places + limits_.extra || silent > 0);
  }
  return running_ < Places();
}

std::optional<SendingPolicy::CallId> SendingPolicy::NextInTurn(bool probes) {
  const auto take = [](std::deque<CallId>& queue) {
    const CallId id = queue.front();
    queue.pop_front();
    return id;
  };
  for (auto due = due_.begin(); due != due_.end(); ++due) {
    if (IsProbe(calls_.at(*due).lane) != probes) continue;
    const CallId id = *due;
    due_.erase(due);
    return id;
  }
  if (probes) {
    auto& queue = QueueOf(Lane::kProbe);
    return queue.empty() ? std::nullopt : std::optional(take(queue));
  }
  const Lane other = last_turn_ == Lane::kEncrypt ? Lane::kDecrypt : Lane::kEncrypt;
  for (const Lane lane : {other, last_turn_}) {
    if (QueueOf(lane).empty()) continue;
    last_turn_ = lane;
    return take(QueueOf(lane));
  }
  return std::nullopt;
}

// Those that wait behind a call and may share it become part of it.
void SendingPolicy::TakeCompany(CallId id, MonotonicTime now, Actions& out) {
  Call& call = calls_.at(id);
  if (!call.sharing) return;
  std::deque<CallId>& queue = QueueOf(call.lane);
  std::size_t bytes = call.sharing->bytes;
  while (!queue.empty() && call.requests.size() < limits_.most_items) {
    const CallId next = queue.front();
    const Call& other = calls_.at(next);
    if (!other.sharing || !MayShare(*other.sharing, *call.sharing)) break;
    if (bytes + other.sharing->bytes > limits_.most_bytes) break;
    if (other.deadline - now < LeastLeft(call.lane)) {
      AnswerCall(next, Verdict::kRefused, out, /*cut_attempts=*/false);
      continue;
    }
    queue.pop_front();
    bytes += other.sharing->bytes;
    call.deadline = std::max(call.deadline, other.deadline);
    auto node = calls_.extract(next);
    Disarm(node.mapped().timer);
    requests_.at(next).call = id;
    call.requests.push_back(next);
    ++call.requests_at_first;
    out.push_back(Join{.request = next, .call = id});
  }
  if (IsShared(call)) ++shared_;
}

void SendingPolicy::StartWaiting(MonotonicTime now, Actions& out) {
  for (const Lane lane : {Lane::kProbe, Lane::kEncrypt}) {
    while (MayBegin(lane)) {
      const auto id = NextInTurn(IsProbe(lane));
      if (!id) break;
      Call& call = calls_.at(*id);
      Disarm(call.timer);
      if (call.deadline - now < LeastLeft(lane)) {
        AnswerCall(*id, call.attempts == 0 ? Verdict::kRefused : Verdict::kBestKept, out,
                   /*cut_attempts=*/false);
        continue;
      }
      if (outage_ && !IsProbe(lane)) {
        Arm(outage_timer_, {now + jitter_.Around(outage_pause_), TimerKind::kOutage, 0});
        outage_pause_ = std::min(2 * outage_pause_, limits_.longest_outage_pause);
        if (running_ >= limits_.places + limits_.extra) GiveUpOldestSilent(out);
      }
      if (call.attempts == 0) {
        allowance_.NoteRequest(now);
        TakeCompany(*id, now, out);
        BeginAttempt(*id, addresses_.First(), /*fresh=*/false, now, out);
        LookAtASuspect(*id, now, out);
      } else {
        BeginAttempt(*id, AddressAfter(call), call.wants_fresh_connection, now, out);
      }
    }
  }
}

// ---- attempts ----

SendingPolicy::Attempt& SendingPolicy::BeginAttempt(CallId id, std::size_t address, bool fresh,
                                                    MonotonicTime now, Actions& out) {
  Call& call = calls_.at(id);
  const AttemptId attempt = next_attempt_++;
  Attempt& begun =
      attempts_
          .emplace(attempt,
                   Attempt{.call = id, .lane = call.lane, .address = address, .began = now})
          .first->second;
  ++(IsProbe(call.lane) ? running_probes_ : running_);
  call.live.push_back(attempt);
  call.last_address = address;
  out.push_back(Begin{.attempt = attempt,
                      .request = id,
                      .address = address,
                      .fresh_connection = fresh,
                      .first = call.attempts == 0});
  ++call.attempts;
  Arm(begun.silence, {now + HedgeDelay(call, now), TimerKind::kSilence, attempt});
  return begun;
}

// Longer than nearly all recent replies took: it says something about the address.
Duration SendingPolicy::UsualSilence() const {
  const Duration usual = 3 * latency_.Percentile99().value_or(Duration::zero());
  return std::max(limits_.least_hedge_delay, usual);
}

Duration SendingPolicy::HedgeDelay(const Call& call, MonotonicTime now) const {
  return std::min(UsualSilence(), (call.deadline - now) / 3);
}

// What failed is tried again after a pause, where the budget and the allowance have room for it.
void SendingPolicy::TryAgain(CallId id, AttemptEnd end, MonotonicTime now, Actions& out) {
  Call& call = calls_.at(id);
  const bool helps = end != AttemptEnd::kTryElsewhere || addresses_.count() > 1;
  call.wants_fresh_connection = end == AttemptEnd::kBroken || addresses_.count() == 1;
  if (outage_ && helps && !call.left && !IsProbe(call.lane)) return WaitForOthers(id);
  const Duration pause = jitter_.Around(call.pause);
  if (call.left || !helps || now + pause + limits_.least_left > call.deadline ||
      !allowance_.Take(now)) {
    AnswerCall(id, Verdict::kBestKept, out, /*cut_attempts=*/false);
    return;
  }
  call.pause = std::min(2 * call.pause, limits_.longest_pause);
  Arm(call.timer, {now + pause, TimerKind::kRetry, id});
}

// One of the others' attempts finds out when OpenBao answers again.
void SendingPolicy::WaitForOthers(CallId id) {
  Call& call = calls_.at(id);
  due_.push_back(id);
  Arm(call.timer, {call.deadline - limits_.least_left, TimerKind::kLatestBegin, id});
}

// An attempt has had no byte for longer than it should have taken, or for a third of its time.
void SendingPolicy::OnSilence(AttemptId id, MonotonicTime now, Actions& out) {
  Attempt& attempt = attempts_.at(id);
  attempt.silence.reset();
  const MonotonicTime usual = attempt.began + UsualSilence();
  if (now >= usual) {
    NoteSilent(attempt, now, out);
  } else {
    Arm(attempt.silence, {usual, TimerKind::kSilence, id});
  }
  if (!attempt.call) {
    // Nobody waits for it, and nothing will come of it.
    if (addresses_.IsSuspect(attempt.address)) CutAttempt(id, out);
    return;
  }
  Call& call = calls_.at(*attempt.call);
  const bool elsewhere = addresses_.count() > 1;
  const std::size_t most = std::max<std::size_t>(2, std::min<std::size_t>(3, addresses_.count()));
  // At the one address there is, only what costs no waiting request its place.
  const bool room = IsProbe(call.lane) ? running_probes_ < limits_.probe_places
                    : elsewhere        ? running_ < limits_.places + limits_.extra
                                       : waiting() == 0 && running_ < limits_.places;
  if (call.left || call.live.size() >= most) return;
  if (!room || call.deadline - now < limits_.least_left || !allowance_.Take(now)) {
    if (call.deadline - now > 2 * limits_.least_hedge_delay) {
      Arm(attempt.silence, {now + limits_.least_hedge_delay / 3, TimerKind::kSilence, id});
    }
    return;
  }
  BeginAttempt(*attempt.call, AddressAfter(call), /*fresh=*/true, now, out);
}

// The first reply after an outage: calls whose attempts are all silent, and older than the one
// that was answered, begin one at its address, in the place of their oldest. Where OpenBao is only
// slow, the oldest is answered first.
void SendingPolicy::FollowTo(std::size_t address, MonotonicTime answered_began, MonotonicTime now,
                             Actions& out) {
  std::vector<CallId> stuck;
  for (const auto& [id, call] : calls_) {
    const bool silent = std::ranges::all_of(call.live, [&](AttemptId live) {
      return IsSilent(attempts_.at(live)) && attempts_.at(live).began < answered_began;
    });
    const bool worth_it = !call.left && call.deadline - now >= limits_.least_left;
    if (!call.live.empty() && silent && worth_it) stuck.push_back(id);
  }
  for (const CallId id : stuck) {
    CutAttempt(calls_.at(id).live.front(), out);
    BeginAttempt(id, address, /*fresh=*/true, now, out);
  }
}

// Its call waits on with what else it has under way, or with those that have nothing.
void SendingPolicy::GiveUpOldestSilent(Actions& out) {
  const auto oldest =
      std::ranges::find_if(attempts_, [](const auto& entry) { return IsSilent(entry.second); });
  const std::optional<CallId> id = oldest->second.call;
  CutAttempt(oldest->first, out);
  if (!id || !calls_.at(*id).live.empty()) return;
  if (calls_.at(*id).left) {
    AnswerCall(*id, Verdict::kBestKept, out, /*cut_attempts=*/false);
  } else {
    WaitForOthers(*id);
  }
}

// ---- addresses ----

// None that has an attempt of this call under way.
std::size_t SendingPolicy::AddressAfter(const Call& call) const {
  std::vector<std::size_t> busy;
  for (const AttemptId id : call.live) busy.push_back(attempts_.at(id).address);
  return addresses_.After(call.last_address, busy);
}

void SendingPolicy::NoteSilent(Attempt& attempt, MonotonicTime now, Actions& out) {
  if (std::exchange(attempt.counted_silent, true)) return;
  NoteFailure(now);
  if (addresses_.Silent(attempt.address, now)) out.push_back(Suspect{attempt.address});
}

void SendingPolicy::NoteFailure(MonotonicTime now) {
  if (++failures_in_a_row_ < 2 * addresses_.count() + 1 || outage_) return;
  outage_ = true;
  outage_pause_ = limits_.first_pause;
  Arm(outage_timer_, {now + jitter_.Around(outage_pause_), TimerKind::kOutage, 0});
}

void SendingPolicy::NoteReply() {
  failures_in_a_row_ = 0;
  outage_ = false;
  Disarm(outage_timer_);
}

// One more attempt of a call, at an address that may be back.
void SendingPolicy::LookAtASuspect(CallId id, MonotonicTime now, Actions& out) {
  const Call& call = calls_.at(id);
  if (running_ >= limits_.places + limits_.extra || IsProbe(call.lane)) return;
  const auto suspect = addresses_.TakeDueLook(call.last_address, now);
  if (suspect) BeginAttempt(id, *suspect, /*fresh=*/true, now, out).look = true;
}

// ---- endings ----

bool SendingPolicy::IsWaiting(CallId id) const {
  const auto found = calls_.find(id);
  return found != calls_.end() && found->second.live.empty();
}

void SendingPolicy::AnswerOne(RequestId id, Verdict verdict, Actions& out) {
  const auto node = requests_.extract(id);
  out.push_back(Answer{id, verdict});
  timers_.erase({node.mapped().deadline, TimerKind::kDeadline, id});
}

void SendingPolicy::AnswerCall(CallId id, Verdict verdict, Actions& out, bool cut_attempts) {
  const auto found = calls_.find(id);
  if (found == calls_.end()) return;
  Call& call = found->second;
  for (const RequestId request : call.requests) AnswerOne(request, verdict, out);
  Disarm(call.timer);
  if (call.live.empty()) {
    std::erase(QueueOf(call.lane), id);
    std::erase(due_, id);
  }
  for (const AttemptId attempt : std::exchange(call.live, {})) {
    Attempt& running = attempts_.at(attempt);
    NoteUnwanted(running);
    running.call.reset();
    if (cut_attempts || (addresses_.IsSuspect(running.address) && !running.look)) {
      CutAttempt(attempt, out);
    } else {
      Arm(running.outlived, {call.deadline, TimerKind::kUnwanted, attempt});
    }
  }
  if (IsShared(call)) --shared_;
  calls_.erase(found);
}

// The callers of all its requests may have left by now.
void SendingPolicy::NoteIfNobodyWaits(CallId id, MonotonicTime now, Actions& out) {
  Call& call = calls_.at(id);
  call.left =
      std::ranges::all_of(call.requests, [this](RequestId one) { return requests_.at(one).left; });
  if (!call.left) return;
  if (call.live.empty()) {
    AnswerCall(id, Verdict::kBestKept, out, /*cut_attempts=*/false);
    return;
  }
  for (const AttemptId attempt : call.live) NoteUnwanted(attempts_.at(attempt));
  StartWaiting(now, out);
}

void SendingPolicy::NoteUnwanted(Attempt& attempt) {
  if (std::exchange(attempt.unwanted, true) || IsProbe(attempt.lane)) return;
  ++unwanted_;
}

void SendingPolicy::Forget(AttemptId id) {
  const auto found = attempts_.find(id);
  Attempt& attempt = found->second;
  Disarm(attempt.silence);
  Disarm(attempt.outlived);
  --(IsProbe(attempt.lane) ? running_probes_ : running_);
  if (attempt.unwanted && !IsProbe(attempt.lane)) --unwanted_;
  if (attempt.call) std::erase(calls_.at(*attempt.call).live, id);
  attempts_.erase(found);
}

void SendingPolicy::CutAttempt(AttemptId id, Actions& out) {
  out.push_back(Cut{id});
  Forget(id);
}

// The one that has run longest. Its connection is lost with it.
bool SendingPolicy::CutOneThatNobodyWaitsFor(Lane lane, Actions& out) {
  const auto oldest = std::ranges::find_if(attempts_, [&](const auto& entry) {
    return entry.second.unwanted && IsProbe(entry.second.lane) == IsProbe(lane);
  });
  if (oldest == attempts_.end()) return false;
  ++cuts_;
  const std::optional<CallId> call = oldest->second.call;
  CutAttempt(oldest->first, out);
  if (call && IsWaiting(*call)) {
    AnswerCall(*call, Verdict::kBestKept, out, /*cut_attempts=*/false);
  }
  return true;
}

void SendingPolicy::Arm(std::optional<Timer>& slot, Timer timer) {
  Disarm(slot);
  slot = timer;
  timers_.insert(timer);
}

void SendingPolicy::Disarm(std::optional<Timer>& slot) {
  if (slot) timers_.erase(*slot);
  slot.reset();
}

}  // namespace baokms::adapters::transit_http
