// Carries out what the TokenKeeper decides, on the control loop, and is the TokenSource of handlers
// (auth.md, "Token manager").
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "app/published.h"
#include "app/serve/control_loop.h"
#include "core/model/login.h"
#include "core/token/token_keeper.h"
#include "ports/clock.h"
#include "ports/login_source.h"
#include "ports/telemetry.h"
#include "ports/token_source.h"

namespace baokms::app {

class TokenDriver final : public ports::TokenSource {
 public:
  // All outlive the driver; the driver outlives the loop's thread and every login.
  TokenDriver(ControlLoop& loop, const ports::Clock& clock, ports::LoginSource& login,
              ports::Telemetry& telemetry, const core::TokenPolicy& policy,
              std::uint64_t jitter_seed);

  // `answers_again`: a login has succeeded after failed ones. The loop's thread; must not block.
  void Start(std::move_only_function<void()> answers_again = [] {});
  // Answers every waiter with ShuttingDown(), now and from now on.
  void Stop();

  ports::TokenRef Current() const override;
  std::unique_ptr<ports::PendingCall> Obtain(const core::TokenDenial& denied,
                                             core::MonotonicTime deadline,
                                             ports::Completion<ports::TokenRef> done) override;
  void Reject(std::uint64_t generation) override;

  // Any thread.
  std::shared_ptr<const core::TokenStatus> status() const { return status_.Load(); }
  // The last login's; none after a good one. The loop's thread.
  const std::optional<core::LoginFailure>& last_failure() const { return last_failure_; }

 private:
  using Keeper = core::TokenKeeper;

  // The token that an event brings.
  struct Brought {
    core::Secret value;
    core::ClientIdentityRef presented;
  };
  void Step(const Keeper::Event& event) { Step(event, {}); }
  void Step(const Keeper::Event& event, Brought brought);
  void Do(const Keeper::StartLogin& action);
  void Do(const Keeper::StartRenewal& action);
  void Do(const Keeper::AnswerWaiter& action);
  void Leave(Keeper::WaiterId id);
  void LoginEnded(core::LoginResult result);
  void RenewalEnded(Keeper::Generation generation, core::RenewalResult result);
  core::Duration SinceRefreshStarted() const { return clock_.Now().monotonic - refresh_started_; }

  ControlLoop& loop_;
  const ports::Clock& clock_;
  ports::LoginSource& login_;
  ports::Telemetry& telemetry_;
  Keeper keeper_;
  ControlLoop::TimerId timer_;
  core::MonotonicTime refresh_started_{};
  std::optional<core::LoginFailure> last_failure_;
  std::move_only_function<void()> answers_again_;
  std::map<Keeper::WaiterId, ports::Completion<ports::TokenRef>> waiters_;
  std::atomic<Keeper::WaiterId> next_waiter_ = 1;
  Published<core::HeldToken> token_{nullptr};
  Published<core::TokenStatus> status_{std::make_shared<const core::TokenStatus>()};
};

}  // namespace baokms::app
