#include "core/token_keeper.h"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

namespace baokms::core {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr TokenPolicy kPolicy{
    .login_before_expiry = minutes(5), .renewal_increment = hours(1), .login_timeout = seconds(5)};
constexpr auto kLease = std::chrono::duration_cast<seconds>(minutes(30));

LoginFailure Failure(OpenBaoStatus status) {
  return {OpenBaoFailure(status), LoginStatus::kError, {}};
}

// A keeper, a clock that the test moves, and the actions of the last step.
class Bench {
 public:
  TokenKeeper keeper{kPolicy, /*jitter_seed=*/1};
  ClockReading now{MonotonicTime(hours(1)), BootTime(hours(3)), 1'700'000'000};
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
  void Want(std::uint64_t waiter, std::uint64_t rejected = 0, Duration budget = seconds(2)) {
    Do(TokenKeeper::TokenWanted{waiter, rejected, now.monotonic + budget});
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

Result<std::uint64_t> Refused(const Error& error) { return std::unexpected(error); }

// ---- Refresh ahead.

TEST_CASE("TokenKeeper: it logs in once it has started and not before") {
  Bench b;
  b.Want(7);
  CHECK(b.StartsNothing());
  CHECK(b.None<TokenKeeper::AnswerWaiter>());
  b.Do(TokenKeeper::Started{});
  CHECK(b.Only<TokenKeeper::StartLogin>().deadline == b.now.monotonic + kPolicy.login_timeout);
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
  Bench b;
  b.LogIn(/*renewable=*/true);
  b.PassAndLook(minutes(25) - milliseconds(1));
  CHECK(b.StartsNothing());
  b.PassAndLook(milliseconds(1));
  const auto renewal = b.Only<TokenKeeper::StartRenewal>();
  CHECK(renewal == TokenKeeper::StartRenewal{1, hours(1), b.now.monotonic + kPolicy.login_timeout});
  const BootTime asked = b.now.boot;
  b.Pass(milliseconds(20));
  b.Do(TokenKeeper::RenewalSucceeded{hours(1), true});
  // The same token lives longer, so it keeps its generation.
  CHECK(b.Only<TokenKeeper::PublishToken>() == TokenKeeper::PublishToken{1, asked + hours(1)});
  CHECK(b.Only<TokenKeeper::ReportRenewal>().status == LoginStatus::kOk);
  CHECK(b.StartsNothing());
  CHECK(b.keeper.Status().last_renewal == b.now.boot);
}

TEST_CASE("TokenKeeper: a token that is not renewable is replaced by a login ahead of expiry") {
  Bench b;
  b.LogIn(/*renewable=*/false);
  b.PassAndLook(minutes(25));
  CHECK(b.None<TokenKeeper::StartRenewal>());
  CHECK(b.All<TokenKeeper::StartLogin>().size() == 1);
  b.Do(TokenKeeper::LoginSucceeded{kLease, false, std::nullopt});
  CHECK(b.Only<TokenKeeper::PublishToken>().generation == 2);
}

TEST_CASE(
    "TokenKeeper: a failed renewal is followed by a login in the same refresh and both count") {
  Bench b;
  b.LogIn(/*renewable=*/true);
  b.PassAndLook(minutes(25));
  b.Do(TokenKeeper::RenewalFailed{OpenBaoFailure(OpenBaoStatus::kUnavailable)});
  CHECK(b.Only<TokenKeeper::ReportRenewal>().status == LoginStatus::kError);
  CHECK(b.All<TokenKeeper::StartLogin>().size() == 1);
  CHECK(b.None<TokenKeeper::DropToken>());
  b.Do(TokenKeeper::LoginSucceeded{kLease, true, std::nullopt});
  CHECK(b.Only<TokenKeeper::ReportLogin>().status == LoginStatus::kOk);
  CHECK(b.Only<TokenKeeper::PublishToken>().generation == 2);
}

TEST_CASE("TokenKeeper: a refused renewal counts as auth_failed") {
  Bench b;
  b.LogIn(/*renewable=*/true);
  b.PassAndLook(minutes(25));
  b.Do(TokenKeeper::RenewalFailed{OpenBaoFailure(OpenBaoStatus::kPermissionDenied)});
  CHECK(b.Only<TokenKeeper::ReportRenewal>().status == LoginStatus::kAuthFailed);
}

TEST_CASE("TokenKeeper: a renewal whose lease is too short is followed by a login") {
  Bench b;
  b.LogIn(/*renewable=*/true);
  b.PassAndLook(minutes(25));
  b.Do(TokenKeeper::RenewalSucceeded{minutes(5), true});
  CHECK(b.Only<TokenKeeper::ReportRenewal>().status == LoginStatus::kError);
  CHECK(b.None<TokenKeeper::PublishToken>());
  CHECK(b.None<TokenKeeper::DropToken>());
  CHECK(b.All<TokenKeeper::StartLogin>().size() == 1);
}

TEST_CASE("TokenKeeper: the current token serves while renewal and login are under way") {
  Bench b;
  b.LogIn(/*renewable=*/true);
  b.PassAndLook(minutes(25));
  b.Want(1);
  CHECK(b.Answer(1) == 1U);
  b.Do(TokenKeeper::RenewalFailed{OpenBaoFailure(OpenBaoStatus::kUnavailable)});
  b.Want(2);
  CHECK(b.Answer(2) == 1U);
}

TEST_CASE(
    "TokenKeeper: a login lease not longer than loginBeforeTokenExpiry is refused with advice") {
  Bench b;
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
  Bench b;
  b.Do(TokenKeeper::Started{});
  b.Pass(seconds(4));  // what remains is less than loginBeforeTokenExpiry
  b.Do(TokenKeeper::LoginSucceeded{minutes(5) + seconds(1), false, std::nullopt});
  CHECK(b.StartsNothing());
  b.PassAndLook(milliseconds(999));
  CHECK(b.StartsNothing());
  b.PassAndLook(milliseconds(1));
  CHECK(b.All<TokenKeeper::StartLogin>().size() == 1);
}

TEST_CASE("TokenKeeper: with another leaf certificate it logs in without trying to renew") {
  Bench b;
  SUBCASE("changed while the token is held") {
    b.LogIn(/*renewable=*/true);
    b.Do(TokenKeeper::CredentialChanged{});
    CHECK(b.StartsNothing());  // the token still serves until its refresh
  }
  SUBCASE("changed while the login was under way") {
    b.Do(TokenKeeper::Started{});
    b.Do(TokenKeeper::CredentialChanged{});
    b.Do(TokenKeeper::LoginSucceeded{kLease, true, std::nullopt});
  }
  SUBCASE("changed while a renewal was under way") {
    b.LogIn(/*renewable=*/true);
    b.PassAndLook(minutes(25));
    b.Do(TokenKeeper::CredentialChanged{});
    b.Do(TokenKeeper::RenewalSucceeded{kLease, true});
  }
  b.PassAndLook(minutes(25));
  CHECK(b.None<TokenKeeper::StartRenewal>());
  CHECK(b.All<TokenKeeper::StartLogin>().size() == 1);
  b.Do(TokenKeeper::LoginSucceeded{kLease, true, std::nullopt});
  b.PassAndLook(minutes(25));
  CHECK(b.All<TokenKeeper::StartRenewal>().size() == 1);  // the new login's leaf may renew again
}

// ---- One refresh, many waiters.

TEST_CASE("TokenKeeper: waiters share one login and keep their own deadlines") {
  Bench b;
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

TEST_CASE("TokenKeeper: a waiter past its deadline gets just that even when the login ends now") {
  Bench b;
  b.Do(TokenKeeper::Started{});
  b.Want(1, 0, seconds(1));
  b.Pass(seconds(1));
  b.Do(TokenKeeper::LoginSucceeded{kLease, true, std::nullopt});
  CHECK(b.Answer(1) == Refused(DeadlineExceeded()));
  b.Want(2, 0, seconds(0));  // a held token costs no time
  CHECK(b.Answer(2) == 1U);
}

TEST_CASE("TokenKeeper: all present waiters get the login's error and later callers at once") {
  Bench b;
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

TEST_CASE("Backoff: 1 s doubling to 60 s with 25 percent of jitter either way") {
  bool below = false;
  bool above = false;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const Backoff backoff(seconds(1), seconds(60), seed);
    for (std::uint32_t failures = 1; failures < 40; ++failures) {
      const Duration base = failures < 7 ? seconds(1U << (failures - 1)) : seconds(60);
      const Duration wait = backoff.After(failures);
      CHECK(wait >= base * 3 / 4);
      CHECK(wait <= base * 5 / 4);
      CHECK(wait == backoff.After(failures));
      below = below || wait < base * 8 / 10;
      above = above || wait > base * 12 / 10;
    }
  }
  CHECK(below);
  CHECK(above);
}

TEST_CASE("TokenKeeper: failed logins are retried with backoff and a success resets it") {
  Bench b;
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
  Bench b;
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
  CHECK(b.Answer(3) == Refused(OpenBaoFailure(OpenBaoStatus::kSealed)));
  CHECK(b.keeper.Status().expires_at == std::nullopt);
}

TEST_CASE("TokenKeeper: lifetimes count suspend and every step looks at them") {
  Bench b;
  b.LogIn(/*renewable=*/true);
  b.Sleep(kLease);
  b.Want(1);
  CHECK(b.All<TokenKeeper::DropToken>().size() == 1);
  CHECK(b.None<TokenKeeper::AnswerWaiter>());
  CHECK(b.All<TokenKeeper::StartLogin>().size() == 1);
}

TEST_CASE("TokenKeeper: with a token the timer looks again within 30 s because it misses suspend") {
  Bench b;
  b.LogIn(/*renewable=*/true);
  CHECK(b.TimerAt() == b.now.monotonic + seconds(30));
  b.PassAndLook(seconds(30));
  CHECK(b.TimerAt() == b.now.monotonic + seconds(30));
  b.Do(TokenKeeper::Timer{});
  CHECK(b.None<TokenKeeper::ArmTimer>());  // the armed one is early enough
}

TEST_CASE("TokenKeeper: a login that the machine slept through is a failure") {
  Bench b;
  b.Do(TokenKeeper::Started{});
  b.Sleep(kLease);
  b.Do(TokenKeeper::LoginSucceeded{kLease, true, std::nullopt});
  CHECK(b.None<TokenKeeper::PublishToken>());
  CHECK(b.Only<TokenKeeper::ReportLogin>().error == DeadlineExceeded());
}

TEST_CASE("TokenKeeper: a token that expires during its renewal lives on when that succeeds") {
  Bench b;
  b.LogIn(/*renewable=*/true);
  b.PassAndLook(kLease - seconds(1));
  CHECK(b.All<TokenKeeper::StartRenewal>().size() == 1);
  b.Pass(seconds(1));
  b.Want(1);
  CHECK(b.All<TokenKeeper::DropToken>().size() == 1);
  CHECK(b.None<TokenKeeper::AnswerWaiter>());
  b.Do(TokenKeeper::RenewalSucceeded{kLease, true});
  CHECK(b.Only<TokenKeeper::PublishToken>().generation == 1);
  CHECK(b.Answer(1) == 1U);
}

TEST_CASE("TokenKeeper: an endless or negative lease does not overflow") {
  Bench b;
  b.Do(TokenKeeper::Started{});
  b.Do(TokenKeeper::LoginSucceeded{seconds::max(), true, std::nullopt});
  CHECK(b.Only<TokenKeeper::PublishToken>().expires_at > b.now.boot + hours(24 * 365));
  CHECK(b.StartsNothing());
  b.Do(TokenKeeper::TokenRejected{1});
  b.Do(TokenKeeper::LoginSucceeded{seconds::min(), true, std::nullopt});
  CHECK(b.Only<TokenKeeper::ReportLogin>().error == TokenLeaseTooShort());
}

// ---- Rejection and its throttle.

TEST_CASE("TokenKeeper: a refused current token is dropped and recovered once by a login") {
  Bench b;
  b.LogIn(/*renewable=*/true);
  b.Want(1, /*rejected=*/1);
  CHECK(b.All<TokenKeeper::DropToken>().size() == 1);
  CHECK(b.All<TokenKeeper::StartLogin>().size() == 1);
  CHECK(b.None<TokenKeeper::StartRenewal>());
  CHECK(b.None<TokenKeeper::AnswerWaiter>());
  b.Want(2, /*rejected=*/1);  // another request, refused with the same token
  CHECK(b.StartsNothing());
  CHECK(b.None<TokenKeeper::DropToken>());
  b.Do(TokenKeeper::LoginSucceeded{kLease, true, std::nullopt});
  const auto answers = b.All<TokenKeeper::AnswerWaiter>();
  REQUIRE(answers.size() == 2);
  CHECK(answers[0].answer == 2U);
  CHECK(answers[1].answer == 2U);
}

TEST_CASE("TokenKeeper: a late rejection of an older token leaves the newer one and gets it") {
  Bench b;
  b.LogIn(/*renewable=*/true);
  b.Want(1, 1);
  b.Do(TokenKeeper::LoginSucceeded{kLease, true, std::nullopt});
  b.Want(2, /*rejected=*/1);
  CHECK(b.Answer(2) == 2U);
  CHECK(b.None<TokenKeeper::DropToken>());
  b.Do(TokenKeeper::TokenRejected{1});
  CHECK(b.None<TokenKeeper::DropToken>());
  CHECK(b.StartsNothing());
  b.Want(3, /*rejected=*/99);  // never given out
  CHECK(b.Answer(3) == 2U);
}

TEST_CASE("TokenKeeper: a refused retry drops the token without another recovery") {
  Bench b;
  b.LogIn(/*renewable=*/true);
  b.Want(1, 1);
  b.Do(TokenKeeper::LoginSucceeded{kLease, true, std::nullopt});
  b.Do(TokenKeeper::TokenRejected{2});
  CHECK(b.All<TokenKeeper::DropToken>().size() == 1);
  CHECK(b.StartsNothing());
  CHECK(b.keeper.Status().throttled);
  b.Want(2);
  CHECK(b.Answer(2) == Refused(NoToken()));  // no token while throttled
  CHECK(b.StartsNothing());
}

TEST_CASE("TokenKeeper: a request refused while recovery is throttled is denied at once") {
  Bench b;
  b.LogIn(/*renewable=*/true);
  b.Want(1, 1);
  b.Do(TokenKeeper::LoginSucceeded{kLease, true, std::nullopt});
  b.Want(2, /*rejected=*/2);
  CHECK(b.All<TokenKeeper::DropToken>().size() == 1);
  CHECK(b.Answer(2) == Refused(NoToken()));
  CHECK(b.StartsNothing());
}

TEST_CASE("TokenKeeper: recoveries of one incident wait 5 s doubling to 5 min") {
  Bench b;
  b.LogIn(/*renewable=*/true);
  std::uint64_t generation = 1;
  b.Do(TokenKeeper::TokenRejected{generation});
  for (const int wait : {5, 10, 20, 40, 80, 160, 300, 300, 300}) {
    CAPTURE(wait);
    REQUIRE(b.All<TokenKeeper::StartLogin>().size() == 1);
    b.Do(TokenKeeper::LoginSucceeded{kLease, true, std::nullopt});
    b.Do(TokenKeeper::TokenRejected{++generation});
    CHECK(b.All<TokenKeeper::DropToken>().size() == 1);
    b.PassAndLook(seconds(wait) - milliseconds(1));
    CHECK(b.StartsNothing());
    b.Want(1);
    CHECK(b.Answer(1) == Refused(NoToken()));
    b.PassAndLook(milliseconds(1));
  }
}

TEST_CASE("TokenKeeper: without a token the timer is armed for the throttle") {
  Bench b;
  b.LogIn(/*renewable=*/true);
  b.Do(TokenKeeper::TokenRejected{1});
  b.Do(TokenKeeper::LoginSucceeded{kLease, true, std::nullopt});
  b.Do(TokenKeeper::TokenRejected{2});
  CHECK(b.TimerAt() == b.now.monotonic + seconds(5));
}

TEST_CASE("TokenKeeper: only 10 minutes without a rejection end an incident") {
  for (const bool quiet : {false, true}) {
    CAPTURE(quiet);
    Bench b;
    b.LogIn(/*renewable=*/true);
    std::uint64_t generation = 1;
    for (int i = 0; i < 4; ++i) {
      b.Do(TokenKeeper::TokenRejected{generation++});
      if (b.None<TokenKeeper::StartLogin>()) {
        b.PassAndLook(minutes(5));
      }
      b.Do(TokenKeeper::LoginSucceeded{kLease, true, std::nullopt});
    }
    // The last rejection was 5 minutes ago.
    b.PassAndLook(minutes(5) - (quiet ? Duration(0) : Duration(milliseconds(1))));
    b.Do(TokenKeeper::TokenRejected{generation++});
    CHECK(b.All<TokenKeeper::StartLogin>().size() == 1);  // open either way
    b.Do(TokenKeeper::LoginSucceeded{kLease, true, std::nullopt});
    b.Do(TokenKeeper::TokenRejected{generation++});
    b.PassAndLook(seconds(5));
    CHECK(b.None<TokenKeeper::StartLogin>() == !quiet);
  }
}

TEST_CASE("TokenKeeper: a failing recovery login backs off and spends the throttle once") {
  Bench b;
  b.LogIn(/*renewable=*/true);
  b.Want(1, 1);
  b.FailLogin(OpenBaoStatus::kUnavailable);
  CHECK(b.Answer(1) == Refused(OpenBaoFailure(OpenBaoStatus::kUnavailable)));
  b.PassAndLook(milliseconds(1250));
  CHECK(b.All<TokenKeeper::StartLogin>().size() == 1);
  b.Do(TokenKeeper::LoginSucceeded{kLease, true, std::nullopt});
  b.PassAndLook(seconds(4));
  b.Do(TokenKeeper::TokenRejected{2});
  CHECK(b.All<TokenKeeper::StartLogin>().size() == 1);  // 5 s after the first recovery, not 10 s
}

TEST_CASE("TokenKeeper: a rejection during the backoff of a refresh waits for the backoff") {
  Bench b;
  b.LogIn(/*renewable=*/false);
  b.PassAndLook(minutes(25));
  b.FailLogin(OpenBaoStatus::kSealed);
  b.Want(1, 1);
  CHECK(b.All<TokenKeeper::DropToken>().size() == 1);
  CHECK(b.StartsNothing());
  CHECK(b.Answer(1) == Refused(OpenBaoFailure(OpenBaoStatus::kSealed)));
  b.PassAndLook(milliseconds(1250));
  CHECK(b.All<TokenKeeper::StartLogin>().size() == 1);
}

TEST_CASE("TokenKeeper: a renewal that finishes after the rejection of its token is dropped") {
  Bench b;
  b.LogIn(/*renewable=*/true);
  b.PassAndLook(minutes(25));
  b.Want(1, 1);
  CHECK(b.All<TokenKeeper::DropToken>().size() == 1);
  CHECK(b.StartsNothing());  // one refresh at a time
  CHECK(b.None<TokenKeeper::AnswerWaiter>());
  b.Do(TokenKeeper::RenewalSucceeded{hours(1), true});
  CHECK(b.None<TokenKeeper::PublishToken>());
  CHECK(b.None<TokenKeeper::AnswerWaiter>());
  CHECK(b.All<TokenKeeper::StartLogin>().size() == 1);
  b.Do(TokenKeeper::LoginSucceeded{kLease, true, std::nullopt});
  CHECK(b.Answer(1) == 2U);
}

TEST_CASE("TokenKeeper: a renewal of a token rejected after it expired is dropped too") {
  Bench b;
  b.LogIn(/*renewable=*/true);
  b.PassAndLook(kLease - seconds(1));
  b.Pass(seconds(1));
  b.Want(1, 1);
  CHECK_FALSE(b.keeper.Status().throttled);
  b.Do(TokenKeeper::RenewalSucceeded{hours(1), true});
  CHECK(b.None<TokenKeeper::PublishToken>());
  CHECK(b.All<TokenKeeper::StartLogin>().size() == 1);
}

TEST_CASE("TokenKeeper: a renewal that ends while recovery is throttled brings no login") {
  Bench b;
  b.LogIn(/*renewable=*/true);
  b.Want(1, 1);
  b.Do(TokenKeeper::LoginSucceeded{minutes(5) + seconds(2), true, std::nullopt});
  b.PassAndLook(seconds(2));
  REQUIRE(b.All<TokenKeeper::StartRenewal>().size() == 1);
  b.Want(2, 2);
  CHECK(b.Answer(2) == Refused(NoToken()));
  b.Do(TokenKeeper::RenewalFailed{OpenBaoFailure(OpenBaoStatus::kPermissionDenied)});
  CHECK(b.StartsNothing());
  b.PassAndLook(seconds(3));
  CHECK(b.All<TokenKeeper::StartLogin>().size() == 1);
}

TEST_CASE("TokenKeeper: a login under way when its predecessor is refused is the recovery") {
  Bench b;
  b.LogIn(/*renewable=*/false);
  b.PassAndLook(minutes(25));
  b.Want(1, 1);
  CHECK(b.All<TokenKeeper::DropToken>().size() == 1);
  CHECK(b.StartsNothing());
  b.Do(TokenKeeper::LoginSucceeded{kLease, false, std::nullopt});
  CHECK(b.Answer(1) == 2U);
  b.Do(TokenKeeper::TokenRejected{2});
  CHECK(b.StartsNothing());  // it was the incident's first recovery
}

// ---- The end, and what does not fit.

TEST_CASE("TokenKeeper: shutdown answers every waiter and starts nothing any more") {
  Bench b;
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
  Bench b;
  b.LogIn(/*renewable=*/true);
  const TokenKeeper before = b.keeper;
  b.Do(TokenKeeper::LoginSucceeded{kLease, true, std::nullopt});
  b.Do(TokenKeeper::LoginFailed{Failure(OpenBaoStatus::kSealed)});
  b.Do(TokenKeeper::RenewalSucceeded{kLease, true});
  b.Do(TokenKeeper::RenewalFailed{OpenBaoFailure(OpenBaoStatus::kSealed)});
  b.Do(TokenKeeper::WaiterGone{9});
  b.Do(TokenKeeper::TokenRejected{0});
  CHECK(b.actions.empty());
  CHECK(b.keeper == before);
}

TEST_CASE("TokenKeeper: a copy is independent") {
  Bench b;
  b.LogIn(/*renewable=*/true);
  Bench copy = b;
  copy.Do(TokenKeeper::TokenRejected{1});
  CHECK_FALSE(copy.keeper == b.keeper);
  b.Want(1);
  CHECK(b.Answer(1) == 1U);
}

}  // namespace
}  // namespace baokms::core
