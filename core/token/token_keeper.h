// The token lifecycle (auth.md, "Token manager") as a stepped value: events in, actions out. It
// knows tokens by their generation only; the driver on the control loop holds the values.
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

  // ---- Events.

  // The first login may start. Before it, waiters wait.
  struct Started {};
  // Exactly one of these two for each StartLogin. The driver keeps the grant's value until Step
  // returns: PublishToken takes it, otherwise it is wiped.
  struct LoginSucceeded {
    std::chrono::seconds lease{0};
    bool renewable = false;
    std::optional<UnixSeconds> credential_expires_at;
  };
  struct LoginFailed {
    LoginFailure failure;
  };
  // Exactly one of these two for each StartRenewal; the value as above. renew-self answers with the
  // same token (openbao-observed.md), so a renewed token keeps its generation.
  struct RenewalSucceeded {
    std::chrono::seconds lease{0};
    bool renewable = false;
  };
  struct RenewalFailed {
    RenewalFailure failure;
  };
  // TokenSource::Obtain: answered in this step or a later one, unless WaiterGone comes first.
  // `rejected`: the generation a Transit request was refused with, 0 for none.
  struct TokenWanted {
    WaiterId waiter = 0;
    Generation rejected = 0;
    MonotonicTime deadline;
  };
  struct WaiterGone {
    WaiterId waiter = 0;
  };
  // TokenSource::Reject: the one retry was refused too, and nobody waits.
  struct TokenRejected {
    Generation generation = 0;
  };
  // The armed time has come. Early, late or spurious ones do no harm.
  struct Timer {};
  // Every waiter is answered, now and from now on, with ShuttingDown(); nothing starts any more.
  struct Shutdown {};

  using Event = std::variant<Started, LoginSucceeded, LoginFailed, RenewalSucceeded, RenewalFailed,
                             TokenWanted, WaiterGone, TokenRejected, Timer, Shutdown>;

  // ---- Actions, to be carried out in order. A step yields at most one answer for each waiter and
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
  // One login or renewal has ended and is counted: Telemetry::LoginFinished, RenewalFinished. Not
  // after Shutdown, nor for a renewal of which nothing was sent.
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
  // The generation is the published one. NoToken() also says that recovery is throttled: a request
  // that was refused returns its original denial then.
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
  struct Turn {  // one Step
    const ClockReading& now;
    std::vector<Action>& actions;
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
  void Accept(Generation generation, std::chrono::seconds lease, bool renewable, Turn& turn);
  void FailLogin(const LoginFailure& failure, Turn& turn);
  void LogInAfterRenewal(Turn& turn);
  void Reject(Generation generation, Turn& turn);
  void DropExpiredToken(Turn& turn);
  void StartWhatIsDue(Turn& turn);
  void BeginLogin(Turn& turn);
  std::optional<Error> WhyNoToken() const;
  void AnswerExpiredWaiters(Turn& turn);
  void AnswerAll(const Result<Generation>& answer, Turn& turn);
  void ArmNextTimer(Turn& turn);

  TokenPolicy policy_;
  Backoff backoff_;
  LoginThrottle throttle_;
  Phase phase_ = Phase::kNew;
  Generation last_generation_ = 0;
  Generation rejected_through_ = 0;  // this one and all before it are never given out again
  std::optional<Token> token_;
  std::optional<Refresh> refresh_;
  // The token was rejected and no recovery is granted yet: no token is held, no login runs.
  bool throttled_ = false;
  std::uint32_t failures_ = 0;
  std::optional<MonotonicTime> retry_at_;  // after a failed login
  std::optional<Error> last_error_;
  std::optional<UnixSeconds> credential_expires_at_;
  std::optional<BootTime> last_login_;
  std::optional<BootTime> last_renewal_;
  std::map<WaiterId, MonotonicTime> waiters_;  // with their deadlines; bounded by the driver
  std::optional<MonotonicTime> armed_;
};

}  // namespace baokms::core
