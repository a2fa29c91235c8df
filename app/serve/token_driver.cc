#include "app/serve/token_driver.h"

#include <type_traits>
#include <utility>

#include "app/serve/leaving_waiter.h"

namespace baokms::app {

TokenDriver::TokenDriver(ControlLoop& loop, const ports::Clock& clock, ports::LoginSource& login,
                         ports::Telemetry& telemetry, const core::TokenPolicy& policy,
                         std::uint64_t jitter_seed)
    : loop_(loop),
      clock_(clock),
      login_(login),
      telemetry_(telemetry),
      keeper_(policy, jitter_seed),
      timer_(loop.AddTimer([this] { Step(Keeper::Timer{}); })) {}

void TokenDriver::Start(std::move_only_function<void()> answers_again) {
  loop_.Post([this, answers_again = std::move(answers_again)]() mutable {
    answers_again_ = std::move(answers_again);
    Step(Keeper::Started{});
  });
}

void TokenDriver::Stop() {
  loop_.Post([this] { Step(Keeper::Shutdown{}); });
}

ports::TokenRef TokenDriver::Current() const {
  ports::TokenRef token = token_.Load();
  // After a suspend this is known here before the loop has turned.
  if (token && token->expires_at <= clock_.Now().boot) return nullptr;
  return token;
}

std::unique_ptr<ports::PendingCall> TokenDriver::Obtain(const core::TokenDenial& denied,
                                                        core::MonotonicTime deadline,
                                                        ports::Completion<ports::TokenRef> done) {
  const Keeper::WaiterId id = next_waiter_++;
  // Shared with a task that may be dropped.
  const auto answer = std::make_shared<ports::Completion<ports::TokenRef>>(std::move(done));
  const bool posted = loop_.Post([this, id, denied, deadline, answer] {
    waiters_.emplace(id, std::move(*answer));
    Step(Keeper::TokenWanted{.waiter = id, .denied = denied, .deadline = deadline});
  });
  if (!posted) (*answer)(std::unexpected(core::ShuttingDown()));
  return std::make_unique<LeavingWaiter>(loop_, [this, id] { Leave(id); });
}

void TokenDriver::Leave(Keeper::WaiterId id) {
  Step(Keeper::WaiterGone{.waiter = id});
  const auto waiter = waiters_.extract(id);
  if (!waiter.empty()) waiter.mapped()(std::unexpected(core::Cancelled()));
}

void TokenDriver::Reject(std::uint64_t generation) {
  loop_.Post([this, generation] { Step(Keeper::TokenRejected{.generation = generation}); });
}

void TokenDriver::Step(const Keeper::Event& event, Brought brought) {
  for (const Keeper::Action& action : keeper_.Step(event, clock_.Now())) {
    std::visit(
        [&](const auto& a) {
          using Action = std::decay_t<decltype(a)>;
          if constexpr (std::is_same_v<Action, Keeper::PublishToken>) {
            token_.Store(std::make_shared<const core::HeldToken>(
                core::HeldToken{.generation = a.generation,
                                .value = std::move(brought.value),
                                .expires_at = a.expires_at,
                                .presented = std::move(brought.presented)}));
          } else if constexpr (std::is_same_v<Action, Keeper::DropToken>) {
            token_.Store(nullptr);
          } else if constexpr (std::is_same_v<Action, Keeper::ReportLogin>) {
            last_failure_.reset();
            if (a.error) {
              last_failure_ = {.error = *a.error, .status = a.status, .advice = a.advice};
            }
            telemetry_.LoginFinished(a.status, a.error ? &*a.error : nullptr,
                                     SinceRefreshStarted());
          } else if constexpr (std::is_same_v<Action, Keeper::ReportRenewal>) {
            telemetry_.RenewalFinished(a.status, a.error ? &*a.error : nullptr,
                                       SinceRefreshStarted());
          } else if constexpr (std::is_same_v<Action, Keeper::ArmTimer>) {
            loop_.Arm(timer_, a.at);
          } else {
            Do(a);
          }
        },
        action);
  }
  status_.Store(std::make_shared<const core::TokenStatus>(keeper_.Status()));
}

void TokenDriver::Do(const Keeper::StartLogin& action) {
  refresh_started_ = clock_.Now().monotonic;
  login_.Login(action.deadline, [this](core::LoginResult result) {
    loop_.Post([this, result = std::move(result)]() mutable { LoginEnded(std::move(result)); });
  });
}

void TokenDriver::LoginEnded(core::LoginResult result) {
  if (!result) return Step(Keeper::LoginFailed{.failure = result.error()});
  core::TokenGrant& grant = result->grant;
  const bool failed_before = keeper_.Status().consecutive_failures > 0;
  Step(Keeper::LoginSucceeded{.lease = grant.lease,
                              .renewable = grant.renewable,
                              .credential_expires_at = result->credential_expires_at},
       {.value = std::move(grant.value), .presented = std::move(result->presented)});
  if (failed_before && keeper_.Status().consecutive_failures == 0) answers_again_();
}

void TokenDriver::Do(const Keeper::StartRenewal& action) {
  refresh_started_ = clock_.Now().monotonic;
  login_.Renew(token_.Load(), action.increment, action.deadline,
               [this, generation = action.generation](core::RenewalResult result) {
                 loop_.Post([this, generation, result = std::move(result)]() mutable {
                   RenewalEnded(generation, std::move(result));
                 });
               });
}

void TokenDriver::RenewalEnded(Keeper::Generation generation, core::RenewalResult result) {
  if (!result) {
    return Step(Keeper::RenewalFailed{.generation = generation, .failure = result.error()});
  }
  // A renewed token is the same one.
  const ports::TokenRef renewed = token_.Load();
  Step(
      Keeper::RenewalSucceeded{
          .generation = generation, .lease = result->lease, .renewable = result->renewable},
      {.value = std::move(result->value), .presented = renewed ? renewed->presented : nullptr});
}

void TokenDriver::Do(const Keeper::AnswerWaiter& action) {
  const auto waiter = waiters_.extract(action.waiter);
  if (waiter.empty()) return;
  if (action.answer) {
    waiter.mapped()(token_.Load());
  } else {
    waiter.mapped()(std::unexpected(action.answer.error()));
  }
}

}  // namespace baokms::app
