// The keeper of the OpenBao token (auth.md, "Token manager").
//
// It decides when to log in, renew, retry and give up, which token is current, and what a caller
// who needs a token is told. It is a stepped value, for the reasons in
// docs/adr/0004-stepped-state-machines.md: orders that happen once in a thousand runs, such as a
// late 403 that throws a fresh token away, become lists of events in a test. It knows tokens by
// their generation only; the driver holds the values.
//
// HOW IT RUNS
//
// Step() takes one event and the time, and returns the actions to carry out, in order. In the
// program TokenDriver (app/serve/token_driver.h) owns the keeper on the control loop. It carries
// the actions out, posts the ends of logins and renewals back to the loop as events, and is the
// TokenSource of handlers. tests/unit/token walks keepers through scripted and random lives, the
// random ones against an independent record of what happened.
//
//   action           who carries it out            event that ends it
//   StartLogin       LoginSource::Login            LoginSucceeded or LoginFailed
//   StartRenewal     LoginSource::Renew            RenewalSucceeded or RenewalFailed
//   PublishToken     the driver: the token that every thread sees through Current()
//   DropToken        the driver: none is seen any more
//   AnswerWaiter     the driver: the completion of an Obtain()
//   ArmTimer         the control loop              Timer
//   ReportLogin,
//   ReportRenewal    telemetry
//
// The other events: Started and Shutdown from the program, TokenWanted and TokenRejected from
// requests through TokenSource.
//
// Each step goes in this order: a token that has expired is dropped; the event is taken in; what is
// due starts; waiters past their deadline are answered, then all others if there is an answer; the
// timer is armed.
//
// STATES
//
// Before Started (kNew) nothing starts and waiters wait. After Shutdown (kStopped) nothing starts,
// TokenWanted is answered with ShuttingDown() and every other event is ignored. Between them
// (kRunning) two things are independent, the token that is held and the refresh under way:
//
//   token   refresh    what it is
//   held    none       at rest until refresh_at, or until the backoff after a failed refresh
//   held    renewal    refresh ahead; the token goes on serving
//   held    login      the same: it is not renewable, or its renewal did not help
//   none    login      the first login, a recovery after a rejection, or after an expiry
//   none    renewal    the token expired during its renewal
//   none    none       waits: throttled after a rejection, or in the backoff after a failed login
//
//   when                              goes to
//   refresh_at is reached             renewal if the token is renewable, else login
//   renewal: good, long enough        held, none; the same generation
//   renewal: anything else            login in the same refresh
//   login: good, long enough          held, none; the next generation
//   login: anything else              the token that there is, none; backoff
//   the token expires                 none; a refresh under way goes on, else a login when due
//   the current token is rejected     none; a login under way goes on, a renewal is abandoned; then
//     (401)                             a login when throttle and backoff allow one
//   the current token is denied (403)   the same, but held goes on being held; nothing at all while
//                                       the operation's throttle is closed or the policy is at work
//
// RULES, AND WHY
//
// One refresh at a time. Every waiter shares it, so a revoked token costs one login, however many
// requests it was used by.
//
// Refresh ahead. A token is replaced while it still serves, so that no request waits for a login in
// the ordinary case, and a failed refresh has login_before_expiry left to succeed.
//
// Generations name tokens. Each login that is accepted gives the next one; renew-self answers with
// the same token, which keeps its own. A rejection names the generation that was refused: only the
// current one is dropped for it, so a late denial of an older token never costs a newer one. A
// generation that was never given out rejects nothing.
//
// A rejection abandons the renewal of its token, because no lease helps a token that OpenBao
// refuses, and a renewal may hang for all of login_timeout while requests wait for the recovery.
// This includes the renewal of a token that expired meanwhile and is rejected late. The renewal is
// counted as canceled. Its end comes later and changes nothing: it names its generation, which
// is never renewed again: what follows is a login, until one succeeds.
//
// A 403 is a revoked token or a policy that denies one path: OpenBao's answers are the same. So the
// token is kept, and a login brings another one beside it: a policy that denies a probe costs no
// Decrypt its token, and a revoked token costs each request under way one more try. Only who was
// denied waits for that login. What the new token is denied too, the policy denies: that request
// ends there, without a word to the keeper.
//
// Within 30 s of a login a 403 needs no login to be taken for the policy's, when this token has
// been accepted for another operation and never for this one. One that was accepted for this one
// before may have been revoked since, however fresh it is.
//
// Recovery is throttled (login_throttle.h), because no login cures a policy denial: after a 403 for
// its operation alone, after a 401 for the token. The first recovery of an incident is immediate;
// the next wait 5 s, doubling to 5 min; ten minutes without another denial end the incident. While
// throttled a denied request gets NoToken() at once and returns its original denial; after a 401 no
// token is held then, and everybody gets that. A login already under way is the recovery and costs
// nothing more, so it is waited for even then.
//
// Failed logins back off (backoff.h): 1 s doubling to 60 s, with jitter, so that a fleet does not
// beat on an OpenBao that comes back. A token that lives goes on serving. Without one, callers get
// the last login's error at once instead of waiting out the backoff; but one who comes 2 s or more
// after that login began starts another, and waits for it: a request is proof of need, and what it
// wants should work as soon as OpenBao is back. A failed renewal starts no
// backoff: its login follows at once, and that login counts. The throttle grants a recovery once;
// from then on the backoff alone spaces the logins.
//
// Waiters have deadlines. One that passes is answered with DeadlineExceeded(), whatever result the
// same step brings, and the refresh goes on for the others. There are two exceptions: a caller who
// asks while a token is held gets it whatever the deadline, because that takes no time, and at
// Shutdown every waiter is answered with ShuttingDown().
//
// Leases count from the start of the request, on the clock that counts suspend: expires_at = start
// + lease. OpenBao's own count begins later, so the keeper never thinks a token alive that OpenBao
// has let expire. refresh_at = expires_at - login_before_expiry, but at least 1 s after the token's
// arrival, so that a lease a hair longer than login_before_expiry makes no storm of logins. A lease
// not longer than that is refused: its token would have to be replaced at once. A lease that was
// slept through is no token either. Leases are clamped to 0 and 10 years, far from overflow.
//
// Timers run on the monotonic clock, which stands still during suspend. So with a token held the
// keeper looks at least every 30 s (a lifetime that ends during suspend is seen at the next step,
// and readers compare expires_at for themselves).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "core/model/error.h"
#include "core/model/login.h"
#include "core/model/time.h"
#include "core/model/token_denial.h"
#include "core/token/backoff.h"
#include "core/token/login_throttle.h"

namespace baokms::core {

// auth.* of the configuration; all > 0, renewal_increment > login_before_expiry.
struct TokenPolicy {
  Duration login_before_expiry{};
  std::chrono::seconds renewal_increment{0};
  Duration login_timeout{};  // bounds each login and each renewal

  friend bool operator==(const TokenPolicy&, const TokenPolicy&) = default;
};

// For health and metrics; a copy of a moment.
struct TokenStatus {
  std::optional<BootTime> expires_at;  // of the held token; none: no token is held
  std::optional<UnixSeconds> credential_expires_at;
  std::optional<BootTime> last_login;
  std::optional<BootTime> last_renewal;
  std::uint32_t consecutive_failures = 0;  // of logins; 0 after any successful refresh
  std::optional<Error> last_error;         // of the last failed login; none after a success
  bool throttled = false;                  // no token: login recovery waits for the throttle
};

// A login whose token would have to be replaced at once: UNAUTHENTICATED, auth_failed.
Error TokenLeaseTooShort();
// Why a login's lease is refused; none: it is long enough.
std::optional<LoginFailure> RefuseLease(std::chrono::seconds lease, Duration login_before_expiry);

// One thread owns a keeper and steps it; copies are independent. No clock, no I/O, no randomness:
// the same events at the same times give the same actions. Its answers to callers are the errors of
// wire-contract.md ("gRPC status and error class").
class TokenKeeper {
 public:
  using Generation = std::uint64_t;  // from 1; each login's token has a higher one than all before
  using WaiterId = std::uint64_t;    // chosen by the driver; never used twice

  // What happened.

  // The program runs: the first login may start. Before it, waiters wait.
  struct Started {};
  // A login brought a token. Exactly one of this and LoginFailed for each StartLogin. The driver
  // keeps the grant's value until the actions of the step are carried out: PublishToken takes it,
  // otherwise it is wiped.
  struct LoginSucceeded {
    std::chrono::seconds lease{0};  // from the start of the login
    bool renewable = false;
    std::optional<UnixSeconds> credential_expires_at;
  };
  // A login brought none; `failure` says what the operator should be told.
  struct LoginFailed {
    LoginFailure failure;
  };
  // A renewal brought a new lease. Exactly one of this and RenewalFailed for each StartRenewal,
  // with its generation, also for one that was abandoned; the value as with LoginSucceeded.
  // renew-self answers with the same token (openbao-observed.md), so a renewed token keeps its
  // generation.
  struct RenewalSucceeded {
    Generation generation = 0;
    std::chrono::seconds lease{0};  // from the start of the renewal
    bool renewable = false;
  };
  // A renewal brought none, or nothing was sent because it could not help.
  struct RenewalFailed {
    Generation generation = 0;
    RenewalFailure failure;
  };
  // TokenSource::Obtain: answered in this step or a later one, unless WaiterGone comes first.
  // `denied`: what a Transit request was refused, generation 0 for nothing.
  struct TokenWanted {
    WaiterId waiter = 0;
    TokenDenial denied;
    MonotonicTime deadline;
  };
  // This waiter's caller has gone: it wants no answer any more. What is under way goes on.
  struct WaiterGone {
    WaiterId waiter = 0;
  };
  // TokenSource::Reject: the one retry got a 401 too, and nobody waits.
  struct TokenRejected {
    Generation generation = 0;
  };
  // The armed time has come. Early, late or spurious ones do no harm.
  struct Timer {};
  // Every waiter is answered, now and from now on, with ShuttingDown(); nothing starts any more.
  struct Shutdown {};

  using Event = std::variant<Started, LoginSucceeded, LoginFailed, RenewalSucceeded, RenewalFailed,
                             TokenWanted, WaiterGone, TokenRejected, Timer, Shutdown>;

  // What to do, to be carried out in order. A step yields at most one answer for each waiter and
  // five others.

  // LoginSource::Login.
  struct StartLogin {
    MonotonicTime deadline;
    friend bool operator==(const StartLogin&, const StartLogin&) = default;
  };
  // LoginSource::Renew with the token of that generation, which is the published one.
  struct StartRenewal {
    Generation generation = 0;
    std::chrono::seconds increment{0};
    MonotonicTime deadline;
    friend bool operator==(const StartRenewal&, const StartRenewal&) = default;
  };
  // The value of the event being stepped becomes the current token. Readers compare `expires_at`
  // with their own BootTime: the keeper may learn of a suspend later than they do.
  struct PublishToken {
    Generation generation = 0;
    BootTime expires_at;
    friend bool operator==(const PublishToken&, const PublishToken&) = default;
  };
  // The current token is none: rejected, expired, or shutting down.
  struct DropToken {
    friend bool operator==(const DropToken&, const DropToken&) = default;
  };
  // One login or renewal has ended, or was abandoned, and is counted: Telemetry::LoginFinished,
  // RenewalFinished. Not after Shutdown, nor for a renewal of which nothing was sent.
  struct ReportLogin {
    LoginStatus status{};
    std::optional<Error> error;
    std::string_view advice;  // static storage; may be empty
    friend bool operator==(const ReportLogin&, const ReportLogin&) = default;
  };
  struct ReportRenewal {
    LoginStatus status{};
    std::optional<Error> error;
    friend bool operator==(const ReportRenewal&, const ReportRenewal&) = default;
  };
  // The generation is the published one. NoToken() also says that a denial stands: a request that
  // was refused returns its original denial then.
  struct AnswerWaiter {
    WaiterId waiter = 0;
    Result<Generation> answer;
    friend bool operator==(const AnswerWaiter&, const AnswerWaiter&) = default;
  };
  // Replaces the one armed timer.
  struct ArmTimer {
    MonotonicTime at;
    friend bool operator==(const ArmTimer&, const ArmTimer&) = default;
  };

  using Action = std::variant<StartLogin, StartRenewal, PublishToken, DropToken, ReportLogin,
                              ReportRenewal, AnswerWaiter, ArmTimer>;

  // `jitter_seed`: see Backoff.
  TokenKeeper(const TokenPolicy& policy, std::uint64_t jitter_seed);

  // `now` never goes back on the monotonic and boot clocks. Never fails: an event that does not fit
  // the state (a result nothing was started for) changes nothing.
  std::vector<Action> Step(const Event& event, const ClockReading& now);

  TokenStatus Status() const;

  friend bool operator==(const TokenKeeper&, const TokenKeeper&) = default;

 private:
  enum class Phase : std::uint8_t { kNew, kRunning, kStopped };
  enum class RefreshKind : std::uint8_t { kLogin, kRenewal };

  struct Token {
    Generation generation = 0;
    BootTime expires_at;
    BootTime refresh_at;
    bool renewable = false;
    friend bool operator==(const Token&, const Token&) = default;
  };
  // The login or renewal under way: never more than one.
  struct Refresh {
    RefreshKind kind{};
    Generation renews = 0;  // kRenewal: the token's generation
    BootTime started_at;
    friend bool operator==(const Refresh&, const Refresh&) = default;
  };
  struct Waiter {
    MonotonicTime deadline;
    Generation denied = 0;  // the token that is no use to it; 0: any will do
    friend bool operator==(const Waiter&, const Waiter&) = default;
  };
  struct Turn {  // one Step
    const ClockReading& now;
    std::vector<Action>& actions;
    bool asked = false;  // by a request that waits now
  };

  void On(const Started& event, Turn& turn);
  void On(const LoginSucceeded& event, Turn& turn);
  void On(const LoginFailed& event, Turn& turn);
  void On(const RenewalSucceeded& event, Turn& turn);
  void On(const RenewalFailed& event, Turn& turn);
  void On(const TokenWanted& event, Turn& turn);
  void On(const WaiterGone& event, Turn& turn);
  void On(const TokenRejected& event, Turn& turn);
  void On(const Timer& event, Turn& turn);
  void On(const Shutdown& event, Turn& turn);

  bool Running(RefreshKind kind) const { return refresh_ && refresh_->kind == kind; }
  bool Renewing(Generation generation) const {
    return Running(RefreshKind::kRenewal) && refresh_->renews == generation;
  }
  void Accept(Generation generation, std::chrono::seconds lease, bool renewable, Turn& turn);
  void FailLogin(const LoginFailure& failure, Turn& turn);
  void Reject(Generation generation, Turn& turn);
  bool Recovers(const TokenDenial& denied, Turn& turn);
  bool DeniedByPolicy(const TokenDenial& denied, const ClockReading& now) const;
  void AbandonRenewal(Turn& turn);
  void DropExpiredToken(Turn& turn);
  void StartWhatIsDue(Turn& turn);
  bool Hurried(const Turn& turn) const;
  void BeginLogin(Turn& turn);
  std::optional<Error> WhyNoToken() const;
  void AnswerExpiredWaiters(Turn& turn);
  void AnswerFromHeldToken(Turn& turn);
  void AnswerAll(const Result<Generation>& answer, Turn& turn);
  void ArmNextTimer(Turn& turn);

  TokenPolicy policy_;
  Backoff backoff_;
  LoginThrottle throttle_;                               // after a 401
  std::map<OpenBaoOperation, LoginThrottle> forbidden_;  // after a 403 for the operation
  Phase phase_ = Phase::kNew;
  Generation last_generation_ = 0;
  std::optional<Token> token_;
  std::optional<Refresh> refresh_;
  // The token was rejected and no recovery is granted yet: no token is held, no login runs.
  bool throttled_ = false;
  // After a 403 a login was granted, and none has succeeded yet. The denied token may be held.
  bool recovering_ = false;
  std::uint32_t failures_ = 0;
  std::optional<MonotonicTime> retry_at_;       // after a failed login
  std::optional<MonotonicTime> login_started_;  // the last one
  std::optional<Error> last_error_;
  std::optional<UnixSeconds> credential_expires_at_;
  std::optional<BootTime> last_login_;
  std::optional<BootTime> last_renewal_;
  std::map<WaiterId, Waiter> waiters_;  // bounded by the driver
  std::optional<MonotonicTime> armed_;
};

}  // namespace baokms::core
