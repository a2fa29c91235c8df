// What the TokenKeeper tests share: a keeper, a clock that the test moves, and the last actions.
#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "core/token/token_keeper.h"

namespace baokms::core {

inline constexpr TokenPolicy kTokenPolicy{.login_before_expiry = std::chrono::minutes(5),
                                          .renewal_increment = std::chrono::hours(1),
                                          .login_timeout = std::chrono::seconds(5)};
inline constexpr auto kLease =
    std::chrono::duration_cast<std::chrono::seconds>(std::chrono::minutes(30));

inline LoginFailure Failure(OpenBaoStatus status) {
  return {OpenBaoFailure(status), LoginStatus::kError, {}};
}

// A keeper, a clock that the test moves, and the actions of the last step.
class TokenKeeperBench {
 public:
  TokenKeeper keeper{kTokenPolicy, /*jitter_seed=*/1};
  ClockReading now{MonotonicTime(std::chrono::hours(1)), BootTime(std::chrono::hours(3)),
                   1'700'000'000};
  std::vector<TokenKeeper::Action> actions;

  void Do(const TokenKeeper::Event& event) { actions = keeper.Step(event, now); }
  void Pass(Duration time) {
    now.monotonic += time;
    now.boot += time;
  }
  void Sleep(Duration time) { now.boot += time; }  // suspend
  void PassAndLook(Duration time) {
    Pass(time);
    Do(TokenKeeper::Timer{});
  }

  template <typename A>
  std::vector<A> All() const {
    std::vector<A> found;
    for (const auto& action : actions) {
      if (const auto* a = std::get_if<A>(&action)) {
        found.push_back(*a);
      }
    }
    return found;
  }
  template <typename A>
  A Only() const {
    const auto found = All<A>();
    REQUIRE(found.size() == 1);
    return found.front();
  }
  template <typename A>
  bool None() const {
    return All<A>().empty();
  }
  bool StartsNothing() const {
    return None<TokenKeeper::StartLogin>() && None<TokenKeeper::StartRenewal>();
  }

  // Started and logged in: generation 1, with `kLease` from now.
  void LogIn(bool renewable) {
    Do(TokenKeeper::Started{});
    Do(TokenKeeper::LoginSucceeded{kLease, renewable, std::nullopt});
    REQUIRE(Only<TokenKeeper::PublishToken>().generation == 1);
  }
  // `rejected`: the token that got a 401; 0: none.
  void Want(std::uint64_t waiter, std::uint64_t rejected = 0,
            Duration budget = std::chrono::seconds(2)) {
    Do(TokenKeeper::TokenWanted{waiter, {.generation = rejected}, now.monotonic + budget});
  }
  // After a 403.
  void WantAfter403(std::uint64_t waiter, const TokenDenial& denied) {
    Do(TokenKeeper::TokenWanted{waiter, denied, now.monotonic + std::chrono::seconds(2)});
  }
  Result<std::uint64_t> Answer(std::uint64_t waiter) const {
    const auto answer = Only<TokenKeeper::AnswerWaiter>();
    CHECK(answer.waiter == waiter);
    return answer.answer;
  }
  void FailLogin(OpenBaoStatus status = OpenBaoStatus::kConnectionFailed) {
    Do(TokenKeeper::LoginFailed{Failure(status)});
  }
  MonotonicTime TimerAt() const { return Only<TokenKeeper::ArmTimer>().at; }
};

inline Result<std::uint64_t> Refused(const Error& error) { return std::unexpected(error); }

}  // namespace baokms::core
