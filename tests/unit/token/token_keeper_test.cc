#include "core/token/token_keeper.h"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "tests/unit/token/token_keeper_bench.h"

namespace baokms::core {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// ---- Refresh ahead.

TEST_CASE("TokenKeeper: it logs in once it has started and not before") {
  TokenKeeperBench b;
  b.Want(7);
  CHECK(b.StartsNothing());
  CHECK(b.None<TokenKeeper::AnswerWaiter>());
  b.Do(TokenKeeper::Started{});
  CHECK(b.Only<TokenKeeper::StartLogin>().deadline == b.now.monotonic + kTokenPolicy.login_timeout);
  const BootTime asked = b.now.boot;
  b.Pass(seconds(1));
  b.Do(TokenKeeper::LoginSucceeded{kLease, true, 42});
  CHECK(b.Only<TokenKeeper::PublishToken>() == TokenKeeper::PublishToken{1, asked + kLease});
  CHECK(b.Only<TokenKeeper::ReportLogin>().status == LoginStatus::kOk);
  CHECK(b.Answer(7) == 1U);
  const TokenStatus status = b.keeper.Status();
  CHECK(status.expires_at == asked + kLease);
  CHECK(status.credential_expires_at == 42);
  CHECK(status.last_login == b.now.boot);
  CHECK(status.consecutive_failures == 0);
}

TEST_CASE("TokenKeeper: a renewable token is renewed when loginBeforeTokenExpiry remains") {
  TokenKeeperBench b;
  b.LogIn(/*renewable=*/true);
  b.PassAndLook(minutes(25) - milliseconds(1));
  CHECK(b.StartsNothing());
  b.PassAndLook(milliseconds(1));
  const auto renewal = b.Only<TokenKeeper::StartRenewal>();
  CHECK(renewal ==
        TokenKeeper::StartRenewal{1, hours(1), b.now.monotonic + kTokenPolicy.login_timeout});
  const BootTime asked = b.now.boot;
  b.Pass(milliseconds(20));
  b.Do(TokenKeeper::RenewalSucceeded{1, hours(1), true});
  // The same token lives longer, so it keeps its generation.
  CHECK(b.Only<TokenKeeper::PublishToken>() == TokenKeeper::PublishToken{1, asked + hours(1)});
  CHECK(b.Only<TokenKeeper::ReportRenewal>().status == LoginStatus::kOk);
  CHECK(b.StartsNothing());
  CHECK(b.keeper.Status().last_renewal == b.now.boot);
}

TEST_CASE("TokenKeeper: a token that is not renewable is replaced by a login ahead of expiry") {
  TokenKeeperBench b;
  b.LogIn(/*renewable=*/false);
  b.PassAndLook(minutes(25));
  CHECK(b.None<TokenKeeper::StartRenewal>());
  CHECK(b.All<TokenKeeper::StartLogin>().size() == 1);
  b.Do(TokenKeeper::LoginSucceeded{kLease, false, std::nullopt});
  CHECK(b.Only<TokenKeeper::PublishToken>().generation == 2);
}

TEST_CASE(
    "TokenKeeper: a failed renewal is followed by a login in the same refresh and both count") {
  TokenKeeperBench b;
  b.LogIn(/*renewable=*/true);
  b.PassAndLook(minutes(25));
  b.Do(TokenKeeper::RenewalFailed{1, {OpenBaoFailure(OpenBaoStatus::kUnavailable)}});
  CHECK(b.Only<TokenKeeper::ReportRenewal>().status == LoginStatus::kError);
  CHECK(b.All<TokenKeeper::StartLogin>().size() == 1);
  CHECK(b.None<TokenKeeper::DropToken>());
  b.Do(TokenKeeper::LoginSucceeded{kLease, true, std::nullopt});
  CHECK(b.Only<TokenKeeper::ReportLogin>().status == LoginStatus::kOk);
  CHECK(b.Only<TokenKeeper::PublishToken>().generation == 2);
}

TEST_CASE("TokenKeeper: a refused renewal counts as auth_failed") {
  TokenKeeperBench b;
  b.LogIn(/*renewable=*/true);
  b.PassAndLook(minutes(25));
  b.Do(TokenKeeper::RenewalFailed{1, {OpenBaoFailure(OpenBaoStatus::kPermissionDenied)}});
  CHECK(b.Only<TokenKeeper::ReportRenewal>().status == LoginStatus::kAuthFailed);
}

TEST_CASE("TokenKeeper: a renewal whose lease is too short is followed by a login") {
  TokenKeeperBench b;
  b.LogIn(/*renewable=*/true);
  b.PassAndLook(minutes(25));
  b.Do(TokenKeeper::RenewalSucceeded{1, minutes(5), true});
  CHECK(b.Only<TokenKeeper::ReportRenewal>().status == LoginStatus::kError);
  CHECK(b.None<TokenKeeper::PublishToken>());
  CHECK(b.None<TokenKeeper::DropToken>());
  CHECK(b.All<TokenKeeper::StartLogin>().size() == 1);
}

TEST_CASE("TokenKeeper: the current token serves while renewal and login are under way") {
  TokenKeeperBench b;
  b.LogIn(/*renewable=*/true);
  b.PassAndLook(minutes(25));
  b.Want(1);
  CHECK(b.Answer(1) == 1U);
  b.Do(TokenKeeper::RenewalFailed{1, {OpenBaoFailure(OpenBaoStatus::kUnavailable)}});
  b.Want(2);
  CHECK(b.Answer(2) == 1U);
}

TEST_CASE(
    "TokenKeeper: a login lease not longer than loginBeforeTokenExpiry is refused with advice") {
  TokenKeeperBench b;
  b.Do(TokenKeeper::Started{});
  b.Want(1);
  b.Do(TokenKeeper::LoginSucceeded{minutes(5), true, std::nullopt});
  CHECK(b.None<TokenKeeper::PublishToken>());
  const auto report = b.Only<TokenKeeper::ReportLogin>();
  CHECK(report.status == LoginStatus::kError);
  CHECK(report.error == TokenLeaseTooShort());
  CHECK(report.advice.find("auth.loginBeforeTokenExpiry") != std::string_view::npos);
  CHECK(report.advice.find("token_ttl") != std::string_view::npos);
  CHECK(b.Answer(1) == Refused(TokenLeaseTooShort()));
  CHECK(b.keeper.Status().consecutive_failures == 1);
  b.PassAndLook(seconds(2));
  CHECK(b.All<TokenKeeper::StartLogin>().size() == 1);
  b.Do(TokenKeeper::LoginSucceeded{minutes(5) + seconds(1), true, std::nullopt});
  CHECK(b.All<TokenKeeper::PublishToken>().size() == 1);
}

TEST_CASE("TokenKeeper: a lease hardly longer than loginBeforeTokenExpiry makes no login storm") {
  TokenKeeperBench b;
  b.Do(TokenKeeper::Started{});
  b.Pass(seconds(4));  // what remains is less than loginBeforeTokenExpiry
  b.Do(TokenKeeper::LoginSucceeded{minutes(5) + seconds(1), false, std::nullopt});
  CHECK(b.StartsNothing());
  b.PassAndLook(milliseconds(999));
  CHECK(b.StartsNothing());
  b.PassAndLook(milliseconds(1));
  CHECK(b.All<TokenKeeper::StartLogin>().size() == 1);
}

TEST_CASE("TokenKeeper: a renewal of which nothing was sent is a login and counts for nothing") {
  TokenKeeperBench b;
  b.LogIn(/*renewable=*/true);
  b.PassAndLook(minutes(25));
  b.Do(TokenKeeper::RenewalFailed{1, {}});  // the leaf certificate is another
  CHECK(b.None<TokenKeeper::ReportRenewal>());
  CHECK(b.All<TokenKeeper::StartLogin>().size() == 1);
  b.Do(TokenKeeper::LoginSucceeded{kLease, true, std::nullopt});
  b.PassAndLook(minutes(25));
  CHECK(b.All<TokenKeeper::StartRenewal>().size() == 1);  // the new login's leaf may renew again
}

TEST_CASE("TokenKeeper: a token whose renewal says that it was the last is replaced by a login") {
  TokenKeeperBench b;
  b.LogIn(/*renewable=*/true);
  b.PassAndLook(minutes(25));
  b.Do(TokenKeeper::RenewalSucceeded{1, kLease, /*renewable=*/false});
  CHECK(b.Only<TokenKeeper::PublishToken>().generation == 1);
  b.PassAndLook(minutes(25));
  CHECK(b.None<TokenKeeper::StartRenewal>());
  CHECK(b.All<TokenKeeper::StartLogin>().size() == 1);
}

TEST_CASE("TokenKeeper: a lease refused in a refresh leaves the current token and is tried again") {
  TokenKeeperBench b;
  b.LogIn(/*renewable=*/false);
  b.PassAndLook(minutes(25));
  b.Do(TokenKeeper::LoginSucceeded{minutes(5), false, std::nullopt});
  CHECK(b.None<TokenKeeper::DropToken>());
  b.Want(1);
  CHECK(b.Answer(1) == 1U);
  b.PassAndLook(milliseconds(1250));
  CHECK(b.All<TokenKeeper::StartLogin>().size() == 1);
}

TEST_CASE("TokenKeeper: when renewal and login fail the next attempt begins with a renewal again") {
  TokenKeeperBench b;
  b.LogIn(/*renewable=*/true);
  b.PassAndLook(minutes(25));
  b.Do(TokenKeeper::RenewalFailed{1, {OpenBaoFailure(OpenBaoStatus::kUnavailable)}});
  b.FailLogin();
  CHECK(b.StartsNothing());
  b.PassAndLook(milliseconds(1250));
  CHECK(b.All<TokenKeeper::StartRenewal>().size() == 1);
  CHECK(b.None<TokenKeeper::StartLogin>());
}

// ---- One refresh, many waiters.

TEST_CASE("TokenKeeper: waiters share one login and keep their own deadlines") {
  TokenKeeperBench b;
  b.Do(TokenKeeper::Started{});
  b.Want(1, 0, seconds(1));
  CHECK(b.TimerAt() == b.now.monotonic + seconds(1));
  b.Want(2, 0, seconds(3));
  b.Want(3, 0, seconds(4));
  CHECK(b.StartsNothing());
  b.PassAndLook(seconds(1));
  CHECK(b.Answer(1) == Refused(DeadlineExceeded()));
  CHECK(b.TimerAt() == b.now.monotonic + seconds(2));
  b.Do(TokenKeeper::WaiterGone{3});
  b.Do(TokenKeeper::LoginSucceeded{kLease, true, std::nullopt});
  CHECK(b.Answer(2) == 1U);
}

TEST_CASE("TokenKeeper: a waiter that comes past its deadline does not wait") {
  TokenKeeperBench b;
  b.Do(TokenKeeper::Started{});
  b.Want(1, 0, seconds(0));
  CHECK(b.Answer(1) == Refused(DeadlineExceeded()));
}

TEST_CASE("TokenKeeper: a waiter past its deadline gets just that even when the login ends now") {
  TokenKeeperBench b;
  b.Do(TokenKeeper::Started{});
  b.Want(1, 0, seconds(1));
  b.Pass(seconds(1));
  b.Do(TokenKeeper::LoginSucceeded{kLease, true, std::nullopt});
  CHECK(b.Answer(1) == Refused(DeadlineExceeded()));
  b.Want(2, 0, seconds(0));  // a held token costs no time
  CHECK(b.Answer(2) == 1U);
}

TEST_CASE("TokenKeeper: all present waiters get the login's error and later callers at once") {
  TokenKeeperBench b;
  b.Do(TokenKeeper::Started{});
  b.Want(1);
  b.Want(2);
  b.FailLogin(OpenBaoStatus::kDnsFailed);
  const auto answers = b.All<TokenKeeper::AnswerWaiter>();
  REQUIRE(answers.size() == 2);
  const auto refused = Refused(OpenBaoFailure(OpenBaoStatus::kDnsFailed));
  CHECK(answers[0] == TokenKeeper::AnswerWaiter{1, refused});
  CHECK(answers[1] == TokenKeeper::AnswerWaiter{2, refused});
  b.Want(3);
  CHECK(b.Answer(3) == refused);
  CHECK(b.StartsNothing());
  CHECK(b.keeper.Status().last_error == OpenBaoFailure(OpenBaoStatus::kDnsFailed));
}

// ---- Backoff, expiry, suspend.

TEST_CASE("TokenKeeper: failed logins are retried with backoff and a success resets it") {
  TokenKeeperBench b;
  const Backoff backoff(seconds(1), seconds(60), 1);
  b.Do(TokenKeeper::Started{});
  for (std::uint32_t failures = 1; failures <= 9; ++failures) {
    b.FailLogin();
    CHECK(b.StartsNothing());
    CHECK(b.TimerAt() == b.now.monotonic + backoff.After(failures));
    b.PassAndLook(backoff.After(failures) - milliseconds(1));
    CHECK(b.StartsNothing());
    b.PassAndLook(milliseconds(1));
    CHECK(b.All<TokenKeeper::StartLogin>().size() == 1);
  }
  b.Do(TokenKeeper::LoginSucceeded{kLease, false, std::nullopt});
  CHECK(b.keeper.Status().consecutive_failures == 0);
  CHECK(b.keeper.Status().last_error == std::nullopt);
  b.PassAndLook(minutes(25));
  b.FailLogin();
  b.PassAndLook(backoff.After(1));
  CHECK(b.All<TokenKeeper::StartLogin>().size() == 1);
}

TEST_CASE("TokenKeeper: a valid token keeps serving during backoff and expires in it") {
  TokenKeeperBench b;
  b.LogIn(/*renewable=*/false);
  b.PassAndLook(minutes(25));
  while (b.now.boot < BootTime(hours(3)) + kLease - seconds(80)) {
    if (!b.None<TokenKeeper::StartLogin>()) {
      b.FailLogin();
    }
    b.Want(1);
    CHECK(b.Answer(1) == 1U);
    b.PassAndLook(seconds(1));
  }
  // The last failures before the expiry: the next attempt lies behind it.
  while (b.now.boot < BootTime(hours(3)) + kLease - seconds(1)) {
    if (!b.None<TokenKeeper::StartLogin>()) {
      b.FailLogin(OpenBaoStatus::kSealed);
    }
    b.PassAndLook(seconds(1));
  }
  if (!b.None<TokenKeeper::StartLogin>()) {
    b.FailLogin(OpenBaoStatus::kSealed);
  }
  b.Want(2);
  CHECK(b.Answer(2) == 1U);
  b.Pass(seconds(1));
  b.Want(3);
  CHECK(b.All<TokenKeeper::DropToken>().size() == 1);
  CHECK(b.All<TokenKeeper::StartLogin>().size() == 1);  // for the request, within the backoff
  b.FailLogin(OpenBaoStatus::kSealed);
  CHECK(b.Answer(3) == Refused(OpenBaoFailure(OpenBaoStatus::kSealed)));
  CHECK(b.keeper.Status().expires_at == std::nullopt);
}

TEST_CASE("TokenKeeper: lifetimes count suspend and every step looks at them") {
  TokenKeeperBench b;
  b.LogIn(/*renewable=*/true);
  b.Sleep(kLease);
  b.Want(1);
  CHECK(b.All<TokenKeeper::DropToken>().size() == 1);
  CHECK(b.None<TokenKeeper::AnswerWaiter>());
  CHECK(b.All<TokenKeeper::StartLogin>().size() == 1);
}

TEST_CASE("TokenKeeper: the wall clock has no part in lifetimes and backoff") {
  TokenKeeperBench b;
  b.Do(TokenKeeper::Started{});
  b.FailLogin();
  b.now.wall += 1'000'000'000;
  b.Do(TokenKeeper::Timer{});
  CHECK(b.StartsNothing());
  b.PassAndLook(milliseconds(1250));
  b.Do(TokenKeeper::LoginSucceeded{kLease, true, std::nullopt});
  for (const UnixSeconds wall : {1, 2'000'000'000, 1'700'000'000}) {
    b.now.wall = wall;
    b.Want(1);
    CHECK(b.None<TokenKeeper::DropToken>());
    CHECK(b.StartsNothing());
    CHECK(b.Answer(1) == 1U);
  }
}

TEST_CASE("TokenKeeper: with a token the timer looks again within 30 s because it misses suspend") {
  TokenKeeperBench b;
  b.LogIn(/*renewable=*/true);
  CHECK(b.TimerAt() == b.now.monotonic + seconds(30));
  b.PassAndLook(seconds(30));
  CHECK(b.TimerAt() == b.now.monotonic + seconds(30));
  b.Do(TokenKeeper::Timer{});
  CHECK(b.None<TokenKeeper::ArmTimer>());  // the armed one is early enough
}

TEST_CASE("TokenKeeper: a login that the machine slept through is a failure") {
  TokenKeeperBench b;
  b.Do(TokenKeeper::Started{});
  b.Sleep(kLease);
  b.Do(TokenKeeper::LoginSucceeded{kLease, true, std::nullopt});
  CHECK(b.None<TokenKeeper::PublishToken>());
  CHECK(b.Only<TokenKeeper::ReportLogin>().error == DeadlineExceeded());
}

TEST_CASE("TokenKeeper: a token that expires during its renewal lives on when that succeeds") {
  TokenKeeperBench b;
  b.LogIn(/*renewable=*/true);
  b.PassAndLook(kLease - seconds(1));
  CHECK(b.All<TokenKeeper::StartRenewal>().size() == 1);
  b.Pass(seconds(1));
  b.Want(1);
  CHECK(b.All<TokenKeeper::DropToken>().size() == 1);
  CHECK(b.None<TokenKeeper::AnswerWaiter>());
  b.Do(TokenKeeper::RenewalSucceeded{1, kLease, true});
  CHECK(b.Only<TokenKeeper::PublishToken>().generation == 1);
  CHECK(b.Answer(1) == 1U);
}

TEST_CASE("TokenKeeper: an endless or negative lease does not overflow") {
  TokenKeeperBench b;
  b.Do(TokenKeeper::Started{});
  b.Do(TokenKeeper::LoginSucceeded{seconds::max(), true, std::nullopt});
  CHECK(b.Only<TokenKeeper::PublishToken>().expires_at > b.now.boot + hours(24 * 365));
  CHECK(b.StartsNothing());
  b.Do(TokenKeeper::TokenRejected{1});
  b.Do(TokenKeeper::LoginSucceeded{seconds::min(), true, std::nullopt});
  CHECK(b.Only<TokenKeeper::ReportLogin>().error == TokenLeaseTooShort());
}

// ---- State for health and metrics.

TEST_CASE("TokenKeeper: its status tells lifetimes and times and failures with their last error") {
  TokenKeeperBench b;
  b.Do(TokenKeeper::Started{});
  CHECK_FALSE(b.keeper.Status().expires_at);
  b.FailLogin(OpenBaoStatus::kDnsFailed);
  b.PassAndLook(seconds(2));
  b.FailLogin(OpenBaoStatus::kSealed);
  CHECK(b.keeper.Status().consecutive_failures == 2);
  CHECK(b.keeper.Status().last_error == OpenBaoFailure(OpenBaoStatus::kSealed));
  CHECK_FALSE(b.keeper.Status().last_login);

  b.PassAndLook(seconds(3));
  const BootTime logged_in = b.now.boot;
  b.Do(TokenKeeper::LoginSucceeded{kLease, true, 1'700'003'600});
  TokenStatus status = b.keeper.Status();
  CHECK(status.expires_at == logged_in + kLease);
  CHECK(status.credential_expires_at == 1'700'003'600);
  CHECK(status.last_login == logged_in);
  CHECK_FALSE(status.last_renewal);
  CHECK(status.consecutive_failures == 0);
  CHECK_FALSE(status.last_error);

  b.PassAndLook(minutes(25));
  b.Do(TokenKeeper::RenewalSucceeded{1, kLease, true});
  status = b.keeper.Status();
  CHECK(status.expires_at == b.now.boot + kLease);
  CHECK(status.last_login == logged_in);
  CHECK(status.last_renewal == b.now.boot);
  CHECK(status.credential_expires_at == 1'700'003'600);

  b.Do(TokenKeeper::TokenRejected{1});
  CHECK_FALSE(b.keeper.Status().expires_at);
  CHECK_FALSE(b.keeper.Status().throttled);
  b.Do(TokenKeeper::LoginSucceeded{kLease, true, std::nullopt});
  b.Do(TokenKeeper::TokenRejected{2});
  CHECK(b.keeper.Status().throttled);
}

// ---- The end, and what does not fit.

TEST_CASE("TokenKeeper: shutdown answers every waiter and starts nothing any more") {
  TokenKeeperBench b;
  b.LogIn(/*renewable=*/true);
  SUBCASE("with waiters and a login under way") {
    b.Want(1, 1);
    b.Want(2, 1);
    b.Do(TokenKeeper::Shutdown{});
    const auto answers = b.All<TokenKeeper::AnswerWaiter>();
    REQUIRE(answers.size() == 2);
    CHECK(answers[0] == TokenKeeper::AnswerWaiter{1, Refused(ShuttingDown())});
    CHECK(answers[1] == TokenKeeper::AnswerWaiter{2, Refused(ShuttingDown())});
  }
  SUBCASE("with a token") {
    b.Do(TokenKeeper::Shutdown{});
    CHECK(b.All<TokenKeeper::DropToken>().size() == 1);
  }
  b.Do(TokenKeeper::LoginSucceeded{kLease, true, std::nullopt});
  CHECK(b.actions.empty());
  b.Want(3);
  CHECK(b.Answer(3) == Refused(ShuttingDown()));
  b.PassAndLook(hours(1));
  CHECK(b.actions.empty());
  b.Do(TokenKeeper::Shutdown{});
  CHECK(b.actions.empty());
}

TEST_CASE("TokenKeeper: results that nothing was started for change nothing") {
  TokenKeeperBench b;
  b.LogIn(/*renewable=*/true);
  const TokenKeeper before = b.keeper;
  b.Do(TokenKeeper::LoginSucceeded{kLease, true, std::nullopt});
  b.Do(TokenKeeper::LoginFailed{Failure(OpenBaoStatus::kSealed)});
  b.Do(TokenKeeper::RenewalSucceeded{1, kLease, true});
  b.Do(TokenKeeper::RenewalFailed{1, {OpenBaoFailure(OpenBaoStatus::kSealed)}});
  b.Do(TokenKeeper::WaiterGone{9});
  b.Do(TokenKeeper::TokenRejected{0});
  CHECK(b.actions.empty());
  CHECK(b.keeper == before);
}

TEST_CASE("TokenKeeper: a copy is independent") {
  TokenKeeperBench b;
  b.LogIn(/*renewable=*/true);
  TokenKeeperBench copy = b;
  copy.Do(TokenKeeper::TokenRejected{1});
  CHECK_FALSE(copy.keeper == b.keeper);
  b.Want(1);
  CHECK(b.Answer(1) == 1U);
}

TEST_CASE("TokenKeeper: a request need not wait for the backoff of a login that began 2 s ago") {
  TokenKeeperBench b;
  b.Do(TokenKeeper::Started{});
  for (int i = 0; i < 6; ++i) {  // the backoff grows to half a minute
    b.FailLogin();
    b.PassAndLook(std::chrono::minutes(2));
    REQUIRE(b.All<TokenKeeper::StartLogin>().size() == 1);
  }
  b.FailLogin();
  b.Pass(std::chrono::milliseconds(1999));
  b.Want(1);
  CHECK(b.StartsNothing());
  CHECK(b.Answer(1) == Refused(OpenBaoFailure(OpenBaoStatus::kConnectionFailed)));
  b.PassAndLook(std::chrono::milliseconds(1));
  CHECK(b.StartsNothing());  // nobody waits
  b.Want(2);
  CHECK(b.All<TokenKeeper::StartLogin>().size() == 1);
  CHECK(b.None<TokenKeeper::AnswerWaiter>());
  b.Do(TokenKeeper::LoginSucceeded{kLease, true, std::nullopt});
  CHECK(b.Answer(2) == 1U);
}

}  // namespace
}  // namespace baokms::core
