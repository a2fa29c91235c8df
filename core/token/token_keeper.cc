#include "core/token/token_keeper.h"

#include <algorithm>
#include <utility>

namespace baokms::core {
namespace {

using std::chrono::seconds;

constexpr Duration kFirstBackoff = seconds(1);
constexpr Duration kLongestBackoff = seconds(60);
// Between a token's arrival and its refresh, however short its life: no login storm from a role
// whose lease is a hair longer than auth.loginBeforeTokenExpiry.
constexpr Duration kShortestRest = seconds(1);
// Lifetimes run on BootTime, timers on MonotonicTime, which stands still while the machine sleeps:
// look again this often.
constexpr Duration kLongestSleep = seconds(30);
// So long after a login a 403 may be taken for the policy's without another login.
constexpr Duration kFresh = seconds(30);
// Between the starts of two logins when a request does not let the second wait for its backoff.
constexpr Duration kShortestBackoff = seconds(2);
// Keeps time arithmetic far from overflow.
constexpr seconds kLongestLease = std::chrono::hours(24 * 365 * 10);

constexpr std::string_view kLeaseAdvice =
    "the login's lease must be longer than auth.loginBeforeTokenExpiry: raise the role's token_ttl "
    "or lower auth.loginBeforeTokenExpiry";

// auth_renewal_total{status}: refused, or anything else.
LoginStatus RenewalStatus(const Error& error) {
  const auto cause = error.openbao_status();
  return cause == OpenBaoStatus::kInvalidRequest || cause == OpenBaoStatus::kUnauthenticated ||
                 cause == OpenBaoStatus::kPermissionDenied
             ? LoginStatus::kAuthFailed
             : LoginStatus::kError;
}

}  // namespace

Error TokenLeaseTooShort() {
  return Error::Make(RpcCode::kUnauthenticated, ErrorClass::kAuthFailed,
                     "the token's lease is too short");
}

std::optional<LoginFailure> RefuseLease(seconds lease, Duration login_before_expiry) {
  if (lease > login_before_expiry) return std::nullopt;
  return LoginFailure{TokenLeaseTooShort(), LoginStatus::kError, kLeaseAdvice};
}

TokenKeeper::TokenKeeper(const TokenPolicy& policy, std::uint64_t jitter_seed)
    : policy_(policy), backoff_(kFirstBackoff, kLongestBackoff, jitter_seed) {}

std::vector<TokenKeeper::Action> TokenKeeper::Step(const Event& event, const ClockReading& now) {
  std::vector<Action> actions;
  Turn turn{.now = now, .actions = actions};
  if (phase_ == Phase::kStopped) {
    if (const auto* wanted = std::get_if<TokenWanted>(&event)) {
      actions.push_back(AnswerWaiter{wanted->waiter, std::unexpected(ShuttingDown())});
    }
    return actions;
  }
  DropExpiredToken(turn);  // first: it has no part in this event
  std::visit([&](const auto& e) { On(e, turn); }, event);
  if (phase_ == Phase::kStopped) {
    return actions;
  }
  StartWhatIsDue(turn);
  AnswerExpiredWaiters(turn);  // a deadline takes precedence over what it interrupted
  AnswerFromHeldToken(turn);
  if (const auto why = WhyNoToken()) {
    AnswerAll(std::unexpected(*why), turn);
  }
  ArmNextTimer(turn);
  return actions;
}

TokenStatus TokenKeeper::Status() const {
  return {.expires_at = token_ ? std::optional(token_->expires_at) : std::nullopt,
          .credential_expires_at = credential_expires_at_,
          .last_login = last_login_,
          .last_renewal = last_renewal_,
          .consecutive_failures = failures_,
          .last_error = last_error_,
          .throttled = throttled_};
}

void TokenKeeper::On(const Started& /*event*/, Turn& /*turn*/) { phase_ = Phase::kRunning; }

void TokenKeeper::On(const LoginSucceeded& event, Turn& turn) {
  if (!Running(RefreshKind::kLogin)) {
    return;
  }
  const auto lease = std::clamp(event.lease, seconds(0), kLongestLease);
  if (const auto refused = RefuseLease(lease, policy_.login_before_expiry)) {
    FailLogin(*refused, turn);
    return;
  }
  if (turn.now.boot - refresh_->started_at >= lease) {
    // The machine slept through the token's life.
    FailLogin({DeadlineExceeded(), LoginStatus::kError, {}}, turn);
    return;
  }
  credential_expires_at_ = event.credential_expires_at;
  last_login_ = turn.now.boot;
  recovering_ = false;
  turn.actions.push_back(ReportLogin{LoginStatus::kOk, std::nullopt, {}});
  Accept(++last_generation_, lease, event.renewable, turn);
}

void TokenKeeper::On(const LoginFailed& event, Turn& turn) {
  if (Running(RefreshKind::kLogin)) {
    FailLogin(event.failure, turn);
  }
}

void TokenKeeper::On(const RenewalSucceeded& event, Turn& turn) {
  if (!Renewing(event.generation)) {
    return;
  }
  const auto lease = std::clamp(event.lease, seconds(0), kLongestLease);
  if (lease <= policy_.login_before_expiry) {
    turn.actions.push_back(ReportRenewal{LoginStatus::kError, TokenLeaseTooShort()});
    BeginLogin(turn);
    return;
  }
  last_renewal_ = turn.now.boot;
  turn.actions.push_back(ReportRenewal{LoginStatus::kOk, std::nullopt});
  if (turn.now.boot - refresh_->started_at >= lease) {
    BeginLogin(turn);  // the machine slept through it
    return;
  }
  Accept(event.generation, lease, event.renewable, turn);
}

void TokenKeeper::On(const RenewalFailed& event, Turn& turn) {
  if (!Renewing(event.generation)) {
    return;
  }
  if (const auto& error = event.failure.error) {
    turn.actions.push_back(ReportRenewal{RenewalStatus(*error), error});
  }
  BeginLogin(turn);
}

void TokenKeeper::On(const TokenWanted& event, Turn& turn) {
  const TokenDenial& denied = event.denied;
  if (!denied.forbidden) {
    Reject(denied.generation, turn);
  } else if (!token_ && Renewing(denied.generation)) {
    AbandonRenewal(turn);  // it has expired, and its renewal would be no use to this caller
  } else if (token_ && token_->generation == denied.generation && !Recovers(denied, turn)) {
    turn.actions.push_back(AnswerWaiter{event.waiter, std::unexpected(NoToken())});
    return;
  }
  waiters_.insert_or_assign(event.waiter, Waiter{event.deadline, denied.generation});
  AnswerFromHeldToken(turn);  // before its deadline is looked at: a held token costs no time
  turn.asked = waiters_.contains(event.waiter) && turn.now.monotonic < event.deadline;
}

void TokenKeeper::On(const WaiterGone& event, Turn& /*turn*/) { waiters_.erase(event.waiter); }

// "Without another recovery for this request": nobody waits; the keeper's own login for later
// requests is the throttle's business, as after every rejection.
void TokenKeeper::On(const TokenRejected& event, Turn& turn) { Reject(event.generation, turn); }

void TokenKeeper::On(const Timer& /*event*/, Turn& /*turn*/) {}

void TokenKeeper::On(const Shutdown& /*event*/, Turn& turn) {
  phase_ = Phase::kStopped;
  refresh_.reset();
  if (token_) {
    token_.reset();
    turn.actions.push_back(DropToken{});
  }
  AnswerAll(std::unexpected(ShuttingDown()), turn);
}

// The lease counts from before the request: never longer than the server's view of it.
void TokenKeeper::Accept(Generation generation, seconds lease, bool renewable, Turn& turn) {
  const BootTime expires_at = refresh_->started_at + lease;
  token_ = Token{
      .generation = generation,
      .expires_at = expires_at,
      .refresh_at =
          std::max(expires_at - policy_.login_before_expiry, turn.now.boot + kShortestRest),
      .renewable = renewable,
  };
  refresh_.reset();
  failures_ = 0;
  retry_at_.reset();
  last_error_.reset();
  turn.actions.push_back(PublishToken{generation, expires_at});
}

void TokenKeeper::FailLogin(const LoginFailure& failure, Turn& turn) {
  refresh_.reset();
  ++failures_;
  retry_at_ = turn.now.monotonic + backoff_.After(failures_);
  last_error_ = failure.error;
  turn.actions.push_back(ReportLogin{failure.status, failure.error, failure.advice});
}

void TokenKeeper::Reject(Generation generation, Turn& turn) {
  if (Renewing(generation)) {
    AbandonRenewal(turn);  // also when its token has expired meanwhile
  }
  if (!token_ || token_->generation != generation) {
    return;  // late: a newer token, or none, is not this one's business; or never given out
  }
  token_.reset();
  turn.actions.push_back(DropToken{});
  throttle_.NoteRejection(turn.now.monotonic);
  // A login already under way is the recovery, and costs nothing more.
  throttled_ =
      !throttle_.TryRecover(turn.now.monotonic) && !Running(RefreshKind::kLogin) && !recovering_;
}

// The current token was denied by a 403. True: a login that brings another one is under way or due.
bool TokenKeeper::Recovers(const TokenDenial& denied, Turn& turn) {
  LoginThrottle& throttle = forbidden_[denied.operation];
  throttle.NoteRejection(turn.now.monotonic);
  if (DeniedByPolicy(denied, turn.now)) {
    return false;
  }
  if (!throttle.TryRecover(turn.now.monotonic) && !Running(RefreshKind::kLogin) && !recovering_) {
    return false;
  }
  recovering_ = true;
  if (Renewing(denied.generation)) {
    AbandonRenewal(turn);
  }
  return true;
}

bool TokenKeeper::DeniedByPolicy(const TokenDenial& denied, const ClockReading& now) const {
  return denied.accepted_elsewhere && !denied.accepted_here && last_login_ &&
         now.boot - *last_login_ <= kFresh;
}

void TokenKeeper::AbandonRenewal(Turn& turn) {
  refresh_.reset();
  turn.actions.push_back(ReportRenewal{LoginStatus::kError, Cancelled()});
}

void TokenKeeper::DropExpiredToken(Turn& turn) {
  if (token_ && turn.now.boot >= token_->expires_at) {
    token_.reset();
    turn.actions.push_back(DropToken{});
  }
}

void TokenKeeper::StartWhatIsDue(Turn& turn) {
  if (phase_ != Phase::kRunning || refresh_) {
    return;
  }
  if (token_ && turn.now.boot < token_->refresh_at && !recovering_) {
    return;
  }
  if (throttled_) {
    if (!throttle_.TryRecover(turn.now.monotonic)) {
      return;
    }
    throttled_ = false;  // granted once; from here on the backoff alone spaces the logins
  }
  if (retry_at_ && turn.now.monotonic < *retry_at_ && !Hurried(turn)) {
    return;
  }
  if (token_ && token_->renewable && !recovering_) {
    refresh_ = Refresh{
        .kind = RefreshKind::kRenewal, .renews = token_->generation, .started_at = turn.now.boot};
    turn.actions.push_back(StartRenewal{token_->generation, policy_.renewal_increment,
                                        turn.now.monotonic + policy_.login_timeout});
    return;
  }
  BeginLogin(turn);
}

// A request has come that waits, and the last login is not of just now.
bool TokenKeeper::Hurried(const Turn& turn) const {
  return turn.asked && login_started_ && turn.now.monotonic >= *login_started_ + kShortestBackoff;
}

// In place of the renewal under way, if there is one: it did not help.
void TokenKeeper::BeginLogin(Turn& turn) {
  refresh_ = Refresh{.kind = RefreshKind::kLogin, .renews = 0, .started_at = turn.now.boot};
  login_started_ = turn.now.monotonic;
  turn.actions.push_back(StartLogin{turn.now.monotonic + policy_.login_timeout});
}

// None while a token may still come soon. For waiters whom the held token, if any, does not help.
std::optional<Error> TokenKeeper::WhyNoToken() const {
  if (throttled_) {
    return NoToken();
  }
  if (refresh_ || phase_ == Phase::kNew) {
    return std::nullopt;
  }
  return last_error_.value_or(NoToken());
}

void TokenKeeper::AnswerExpiredWaiters(Turn& turn) {
  std::erase_if(waiters_, [&](const auto& waiter) {
    if (turn.now.monotonic < waiter.second.deadline) {
      return false;
    }
    turn.actions.push_back(AnswerWaiter{waiter.first, std::unexpected(DeadlineExceeded())});
    return true;
  });
}

void TokenKeeper::AnswerFromHeldToken(Turn& turn) {
  if (!token_) {
    return;
  }
  std::erase_if(waiters_, [&](const auto& waiter) {
    if (waiter.second.denied == token_->generation) {
      return false;
    }
    turn.actions.push_back(AnswerWaiter{waiter.first, token_->generation});
    return true;
  });
}

void TokenKeeper::AnswerAll(const Result<Generation>& answer, Turn& turn) {
  for (const auto& [id, waiter] : waiters_) {
    turn.actions.push_back(AnswerWaiter{id, answer});
  }
  waiters_.clear();
}

// An armed timer that is earlier than needed stays: it only looks again.
void TokenKeeper::ArmNextTimer(Turn& turn) {
  const MonotonicTime now = turn.now.monotonic;
  std::optional<MonotonicTime> next;
  const auto consider = [&](MonotonicTime at) { next = next ? std::min(*next, at) : at; };
  for (const auto& [id, waiter] : waiters_) {
    consider(waiter.deadline);
  }
  if (phase_ == Phase::kRunning && token_) {
    const auto in = [&](BootTime at) { return now + std::min(at - turn.now.boot, kLongestSleep); };
    consider(in(token_->expires_at));
    if (!refresh_) {
      const MonotonicTime due = recovering_ ? now : in(token_->refresh_at);
      consider(std::max(due, retry_at_.value_or(now)));
    }
  } else if (phase_ == Phase::kRunning && !refresh_) {
    consider(throttled_ ? throttle_.opens_at() : retry_at_.value_or(now));
  }
  if (armed_ && *armed_ <= now) {
    armed_.reset();  // it has fired, or is about to
  }
  if (next && (!armed_ || *next < *armed_)) {
    armed_ = next;
    turn.actions.push_back(ArmTimer{*next});
  }
}

}  // namespace baokms::core
