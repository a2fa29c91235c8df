// The token driver on a real control loop: what requests get, and when logins and renewals start.
// Which of them is due is the keeper's to decide; its own tests are in tests/unit/core.
#include "app/serve/token_driver.h"

#include <doctest/doctest.h>

#include <memory>

#include "tests/support/loop/token_bench.h"

namespace baokms::app {
namespace {

using namespace std::chrono_literals;
using testing::Grant;
using testing::Refusal;
using testing::TokenBench;
using testing::Value;

}  // namespace

TEST_CASE("Token driver: the first login's token is current and goes to all who waited") {
  TokenBench b;
  const testing::Answer& early = b.Obtain();
  CHECK(b.login.calls() == 0);  // nothing before Start
  b.driver.Start();
  b.Settle();
  const testing::Answer& late = b.Obtain();
  CHECK(b.login.calls() == 1);
  CHECK(b.login.deadline() == b.clock.Now().monotonic + 10s);
  CHECK_FALSE(early.result);
  CHECK(b.Current() == "none");
  const core::BootTime started = b.clock.Now().boot;
  b.LogIn("first");
  CHECK(Value(early) == "first");
  CHECK(Value(late) == "first");
  CHECK(b.Current() == "first");
  CHECK(b.driver.Current()->generation == 1);
  CHECK(b.driver.Current()->expires_at == started + 600s);
  CHECK(b.driver.status()->expires_at == started + 600s);
  CHECK(b.telemetry.lines() == std::vector<std::string>{"login ok"});
  CHECK(Value(b.Obtain()) == "first");  // the held one, without another login
  CHECK(b.login.calls() == 1);
}

TEST_CASE("Token driver: an expired token is not handed out after the machine slept") {
  TokenBench b;
  b.StartWith("first");
  b.clock.Sleep(599s);
  CHECK(b.Current() == "first");
  b.clock.Sleep(1s);
  CHECK(b.Current() == "none");  // before the loop has turned
  const testing::Answer& wanted = b.Obtain();
  CHECK_FALSE(wanted.result);
  CHECK(b.login.calls() == 2);
  b.LogIn("second");
  CHECK(Value(wanted) == "second");
  CHECK(b.driver.Current()->generation == 2);
}

TEST_CASE("Token driver: all who were refused with one token share one login") {
  TokenBench b;
  b.StartWith("first");
  const testing::Answer& one = b.Obtain(1);
  const testing::Answer& two = b.Obtain(1);
  CHECK(b.Current() == "none");
  CHECK(b.login.calls() == 2);
  b.LogIn("second");
  CHECK(Value(one) == "second");
  CHECK(Value(two) == "second");
  CHECK(Value(b.Obtain(1)) == "second");  // late: generation 1 is long gone
  CHECK(b.login.calls() == 2);
}

TEST_CASE("Token driver: a rejection drops the current token and never a newer one") {
  TokenBench b;
  b.StartWith("first");
  b.driver.Reject(1);
  b.Settle();
  CHECK(b.Current() == "none");
  b.LogIn("second");
  b.driver.Reject(1);
  b.Settle();
  CHECK(b.Current() == "second");
}

TEST_CASE("Token driver: a failed login answers with its error and leaves its advice") {
  TokenBench b;
  b.driver.Start();
  const testing::Answer& wanted = b.Obtain();
  b.FailLogin(core::LoginRefused(), "look at auth.jwt.role");
  CHECK(Refusal(wanted) == core::LoginRefused());
  CHECK(b.Advice() == "look at auth.jwt.role");
  CHECK(b.driver.status()->consecutive_failures == 1);
  CHECK(b.telemetry.lines() == std::vector<std::string>{"login auth_failed auth_failed"});
  b.Pass(2s);  // the backoff's first step is a second
  REQUIRE(b.login.calls() == 2);
  b.LogIn("first");
  CHECK(b.Current() == "first");
  CHECK(b.Advice().empty());
}

TEST_CASE("Token driver: a waiter's deadline is kept by the loop's timer") {
  TokenBench b;
  b.driver.Start();
  const testing::Answer& wanted = b.Obtain(0, 3s);
  b.Pass(2s);
  CHECK_FALSE(wanted.result);
  b.Pass(1s);
  CHECK(Refusal(wanted) == core::DeadlineExceeded());
  b.LogIn("first");  // nobody waits any more
  CHECK(b.Current() == "first");
}

TEST_CASE("Token driver: a renewable token is renewed ahead of its end and keeps its generation") {
  TokenBench b;
  b.StartWith("first", 600s, /*renewable=*/true);
  for (int i = 0; i < 20 && b.login.renewal.calls() == 0; ++i) b.Pass(30s);
  REQUIRE(b.login.renewal.calls() == 1);
  CHECK(b.login.renewed().value.ExposeSecret() == "first");
  CHECK(b.login.increment() == 3600s);
  CHECK(b.login.renewal.deadline() == b.clock.Now().monotonic + 10s);
  CHECK(b.Current() == "first");  // requests go on meanwhile
  const core::BootTime started = b.clock.Now().boot;
  b.login.renewal.End(Grant("first", 900s, true));
  b.Settle();
  CHECK(b.driver.Current()->generation == 1);
  CHECK(b.driver.Current()->expires_at == started + 900s);
  CHECK(b.telemetry.lines() == std::vector<std::string>{"login ok", "renewal ok"});
  CHECK(b.login.calls() == 1);
}

TEST_CASE("Token driver: a failed renewal is told and followed by a login") {
  TokenBench b;
  b.StartWith("first", 600s, /*renewable=*/true);
  for (int i = 0; i < 20 && b.login.renewal.calls() == 0; ++i) b.Pass(30s);
  REQUIRE(b.login.renewal.calls() == 1);
  b.login.renewal.End(std::unexpected(
      core::RenewalFailure{core::OpenBaoFailure(core::OpenBaoStatus::kPermissionDenied)}));
  b.Settle();
  CHECK(b.telemetry.Told("renewal auth_failed transit_policy_denied"));
  CHECK(b.login.calls() == 2);
  b.LogIn("second");
  CHECK(b.Current() == "second");
}

TEST_CASE(
    "Token driver: a rejection during a hanging renewal logs in without waiting for its end") {
  TokenBench b;
  b.StartWith("first", 600s, /*renewable=*/true);
  for (int i = 0; i < 20 && b.login.renewal.calls() == 0; ++i) b.Pass(30s);
  REQUIRE(b.login.renewal.calls() == 1);
  const testing::Answer& wanted = b.Obtain(1);
  CHECK(b.login.calls() == 2);
  CHECK(b.telemetry.Told("renewal error canceled"));
  b.LogIn("second");
  CHECK(Value(wanted) == "second");
  b.login.renewal.End(Grant("first", 900s, true));  // late
  b.Settle();
  CHECK(b.Current() == "second");
  CHECK(b.login.calls() == 2);
}

TEST_CASE(
    "Token driver: a renewal that OpenBao refuses is auth_failed and any other failure error") {
  struct Row {
    core::OpenBaoStatus why;
    std::string told;
  };
  using enum core::OpenBaoStatus;
  for (const Row& row :
       {Row{kInvalidRequest, "renewal auth_failed "}, Row{kUnauthenticated, "renewal auth_failed "},
        Row{kPermissionDenied, "renewal auth_failed "}, Row{kSealed, "renewal error "},
        Row{kTimeout, "renewal error "}}) {
    TokenBench b;
    b.StartWith("first", 600s, /*renewable=*/true);
    for (int i = 0; i < 20 && b.login.renewal.calls() == 0; ++i) b.Pass(30s);
    REQUIRE(b.login.renewal.calls() == 1);
    b.login.renewal.End(std::unexpected(core::RenewalFailure{core::OpenBaoFailure(row.why)}));
    b.Settle();
    REQUIRE(b.telemetry.lines().size() == 2);
    CAPTURE(b.telemetry.lines().back());
    CHECK(b.telemetry.lines().back().starts_with(row.told));
  }
}

TEST_CASE("Token driver: a token that is replaced or rejected is let go and so wiped") {
  TokenBench b;
  b.StartWith("first", 600s, /*renewable=*/true);
  std::weak_ptr<const core::HeldToken> first = b.driver.Current();
  for (int i = 0; i < 20 && b.login.renewal.calls() == 0; ++i) b.Pass(30s);
  b.login.renewal.End(std::unexpected(core::RenewalFailure{}));
  b.Settle();
  CHECK_FALSE(first.expired());  // it still serves
  b.LogIn("second");
  b.login.Forget();
  CHECK(first.expired());
  std::weak_ptr<const core::HeldToken> second = b.driver.Current();
  b.driver.Reject(2);
  b.Settle();
  CHECK(second.expired());
}

TEST_CASE("Token driver: no token is told to telemetry") {
  TokenBench b;
  b.StartWith("s.first-token", 600s, /*renewable=*/true);
  for (int i = 0; i < 20 && b.login.renewal.calls() == 0; ++i) b.Pass(30s);
  b.login.renewal.End(Grant("s.first-token", 900s, true));
  b.Settle();
  b.driver.Reject(1);
  b.Settle();
  b.LogIn("s.second-token", 10s);  // too short
  CHECK(b.telemetry.lines() ==
        std::vector<std::string>{"login ok", "renewal ok", "login error auth_failed"});
}

TEST_CASE("Token driver: a waiter that leaves is let go at once and the login goes on") {
  TokenBench b;
  b.StartWith("first");
  const testing::Answer& leaving = b.Obtain(1);
  const testing::Answer& staying = b.Obtain(1);
  CHECK_FALSE(leaving.result);
  CHECK_FALSE(leaving.kept.expired());
  leaving.wait->Abandon();
  leaving.wait->Abandon();  // no more than once
  b.Settle();
  CHECK(Refusal(leaving) == core::Cancelled());
  CHECK(leaving.kept.expired());
  CHECK_FALSE(staying.result);
  b.LogIn("second");
  CHECK(Value(staying) == "second");
  staying.wait->Abandon();  // late, and harmless
  b.Settle();
}

TEST_CASE("Token driver: a waiter that leaves when the loop has ended was answered") {
  TokenBench b;
  b.StartWith("first");
  const testing::Answer& waiting = b.Obtain(1);
  b.driver.Stop();
  b.loop.Stop();
  waiting.wait->Abandon();
  CHECK(Refusal(waiting) == core::ShuttingDown());
}

TEST_CASE("Token driver: Stop answers all waiters now and from now on and drops the token") {
  TokenBench b;
  b.StartWith("first");
  const testing::Answer& waiting = b.Obtain(1);
  b.driver.Stop();
  b.Settle();
  CHECK(Refusal(waiting) == core::ShuttingDown());
  CHECK(Refusal(b.Obtain()) == core::ShuttingDown());
  CHECK(b.Current() == "none");
  b.Pass(1h);
  CHECK(b.login.calls() == 2);  // none but the one under way
}

TEST_CASE("Token driver: who asks when the loop has ended is answered at once") {
  TokenBench b;
  b.StartWith("first");
  b.driver.Stop();
  b.loop.Stop();
  int answers = 0;
  b.driver.Obtain({.generation = 1}, b.clock.Now().monotonic + 5s,
                  [&answers](const core::Result<ports::TokenRef>& result) {
                    ++answers;
                    CHECK(result == std::unexpected(core::ShuttingDown()));
                  });
  CHECK(answers == 1);
}

TEST_CASE("Token driver: a login or renewal that ends after Stop does no harm") {
  TokenBench b;
  b.driver.Start();
  b.Settle();
  b.driver.Stop();
  b.LogIn("late");
  CHECK(b.Current() == "none");
  CHECK(b.telemetry.lines().empty());

  TokenBench renewing;
  renewing.StartWith("first", 600s, /*renewable=*/true);
  for (int i = 0; i < 20 && renewing.login.renewal.calls() == 0; ++i) renewing.Pass(30s);
  REQUIRE(renewing.login.renewal.calls() == 1);
  renewing.driver.Stop();
  renewing.login.renewal.End(Grant("late", 900s, true));
  renewing.Settle();
  CHECK(renewing.Current() == "none");
}

}  // namespace baokms::app
