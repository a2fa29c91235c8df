// A token driver on a control loop, with logins that end when the test says so.
#pragma once

#include <doctest/doctest.h>

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "app/serve/token_driver.h"
#include "tests/support/loop/fake_login.h"
#include "tests/support/loop/loop_bench.h"
#include "tests/support/loop/recording_telemetry.h"

namespace baokms::app::testing {

inline constexpr core::TokenPolicy kPolicy{.login_before_expiry = std::chrono::seconds(60),
                                           .renewal_increment = std::chrono::seconds(3600),
                                           .login_timeout = std::chrono::seconds(10)};

struct Answer {
  std::optional<core::Result<ports::TokenRef>> result;
  std::unique_ptr<ports::PendingCall> wait;
  std::weak_ptr<int> kept;  // what the waiter's completion holds
};

struct TokenBench : LoopBench {
  FakeLogin login;
  RecordingTelemetry telemetry;
  TokenDriver driver{loop, clock, login, telemetry, kPolicy, 7};
  std::deque<Answer> answers;

  TokenBench() { loop.Start(); }
  ~TokenBench() { loop.Stop(); }

  // `rejected`: the token that got a 401; 0: none.
  Answer& Obtain(std::uint64_t rejected = 0, core::Duration within = std::chrono::seconds(5)) {
    Answer& answer = answers.emplace_back();
    auto request = std::make_shared<int>();
    answer.kept = request;
    answer.wait = driver.Obtain(
        {.generation = rejected}, clock.Now().monotonic + within,
        [&answer, request = std::move(request)](core::Result<ports::TokenRef> result) {
          REQUIRE_FALSE(answer.result.has_value());
          answer.result = std::move(result);
        });
    Settle();
    return answer;
  }
  void LogIn(std::string_view value, std::chrono::seconds lease = std::chrono::seconds(600),
             bool renewable = false) {
    login.End(core::LoginSuccess{.grant = Grant(value, lease, renewable),
                                 .credential_expires_at = std::nullopt});
    Settle();
  }
  void FailLogin(const core::Error& error, std::string_view advice = {}) {
    login.End(std::unexpected(core::LoginFailure{error, core::LoginStatus::kAuthFailed, advice}));
    Settle();
  }
  void StartWith(std::string_view value, std::chrono::seconds lease = std::chrono::seconds(600),
                 bool renewable = false) {
    driver.Start();
    Settle();
    LogIn(value, lease, renewable);
  }
  std::string Current() const {
    const ports::TokenRef token = driver.Current();
    return token ? std::string(token->value.ExposeSecret()) : "none";
  }
  std::string_view Advice() {
    std::string_view advice;
    loop.Post([&] {
      const auto& failure = driver.last_failure();
      if (failure) advice = failure->advice;
    });
    Settle();
    return advice;
  }
};

inline std::string Value(const Answer& answer) {
  REQUIRE(answer.result.has_value());
  REQUIRE(answer.result->has_value());
  return std::string((**answer.result)->value.ExposeSecret());
}

inline core::Error Refusal(const Answer& answer) {
  REQUIRE(answer.result.has_value());
  REQUIRE_FALSE(answer.result->has_value());
  return answer.result->error();
}

}  // namespace baokms::app::testing
