// A 403 on a Transit call (request-scheduling.md, "Denials"): a revoked token, or a policy that
// denies one path.
#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>

#include "core/token/token_keeper.h"
#include "tests/unit/token/token_keeper_bench.h"

namespace baokms::core {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using enum OpenBaoOperation;

TokenDenial Forbidden(std::uint64_t generation,
                      OpenBaoOperation operation = kTransitDisableUpsertRead) {
  return {.generation = generation, .operation = operation, .forbidden = true};
}

// As `denial`, of a token that a Decrypt was good with.
TokenDenial GoodElsewhere(TokenDenial denial) {
  denial.accepted_elsewhere = true;
  return denial;
}

TEST_CASE("TokenKeeper: a 403 keeps the token, and one login is shared by all who were denied") {
  TokenKeeperBench b;
  b.LogIn(/*renewable=*/true);
  b.WantAfter403(1, Forbidden(1));
  CHECK(b.None<TokenKeeper::DropToken>());
  CHECK(b.None<TokenKeeper::AnswerWaiter>());
  CHECK(b.All<TokenKeeper::StartLogin>().size() == 1);
  CHECK(b.None<TokenKeeper::StartRenewal>());
  b.WantAfter403(2, Forbidden(1, kTransitDecrypt));
  CHECK(b.StartsNothing());
  b.Want(3);  // not denied: the token is good for it, as far as anybody knows
  CHECK(b.Answer(3) == 1U);
  b.Do(TokenKeeper::LoginSucceeded{kLease, true, std::nullopt});
  const auto answers = b.All<TokenKeeper::AnswerWaiter>();
  REQUIRE(answers.size() == 2);
  CHECK(answers[0].answer == 2U);
  CHECK(answers[1].answer == 2U);
}

TEST_CASE("TokenKeeper: a late 403 of an older token costs nothing and gets the newer one") {
  TokenKeeperBench b;
  b.LogIn(/*renewable=*/true);
  b.WantAfter403(1, Forbidden(1));
  b.Do(TokenKeeper::LoginSucceeded{kLease, true, std::nullopt});
  b.WantAfter403(2, Forbidden(1));
  CHECK(b.Answer(2) == 2U);
  CHECK(b.StartsNothing());
}

TEST_CASE(
    "TokenKeeper: within 30 s of a login a 403 is the policy's when the token is good elsewhere") {
  struct Row {
    bool elsewhere, here;
    Duration age;
    bool login;
  };
  for (const Row& row : {Row{true, false, seconds(30), false}, Row{true, false, seconds(31), true},
                         Row{false, false, seconds(1), true}, Row{true, true, seconds(1), true},
                         Row{false, true, seconds(1), true}}) {
    CAPTURE(row.elsewhere);
    CAPTURE(row.here);
    TokenKeeperBench b;
    b.LogIn(/*renewable=*/true);
    b.Pass(row.age);
    TokenDenial denied = Forbidden(1);
    denied.accepted_elsewhere = row.elsewhere;
    denied.accepted_here = row.here;
    b.WantAfter403(1, denied);
    CHECK(b.None<TokenKeeper::DropToken>());
    CHECK(b.StartsNothing() == !row.login);
    if (!row.login) CHECK(b.Answer(1) == Refused(NoToken()));
  }
}

TEST_CASE("TokenKeeper: sleep makes a token no longer fresh, and a renewal makes it no fresher") {
  TokenKeeperBench asleep;
  asleep.LogIn(/*renewable=*/true);
  asleep.Sleep(seconds(31));
  asleep.WantAfter403(1, GoodElsewhere(Forbidden(1)));
  CHECK(asleep.All<TokenKeeper::StartLogin>().size() == 1);

  TokenKeeperBench renewed;
  renewed.LogIn(/*renewable=*/true);
  renewed.PassAndLook(minutes(25));
  renewed.Do(TokenKeeper::RenewalSucceeded{1, kLease, true});
  renewed.WantAfter403(1, GoodElsewhere(Forbidden(1)));
  CHECK(renewed.All<TokenKeeper::StartLogin>().size() == 1);
}

TEST_CASE("TokenKeeper: the recoveries of one denied operation wait 5 s doubling to 5 min") {
  TokenKeeperBench b;
  b.LogIn(/*renewable=*/true);
  std::uint64_t generation = 1;
  b.WantAfter403(1, Forbidden(generation));
  for (const int wait : {5, 10, 20, 40, 80, 160, 300, 300}) {
    CAPTURE(wait);
    REQUIRE(b.All<TokenKeeper::StartLogin>().size() == 1);
    b.Do(TokenKeeper::LoginSucceeded{kLease, true, std::nullopt});
    ++generation;
    b.Pass(seconds(wait) - milliseconds(1));
    b.WantAfter403(2, Forbidden(generation));
    CHECK(b.StartsNothing());
    CHECK(b.Answer(2) == Refused(NoToken()));
    CHECK(b.None<TokenKeeper::DropToken>());
    b.Pass(milliseconds(1));
    b.WantAfter403(3, Forbidden(generation));
  }
}

TEST_CASE("TokenKeeper: one operation's denials throttle no other operation and no 401") {
  TokenKeeperBench b;
  b.LogIn(/*renewable=*/true);
  b.WantAfter403(1, Forbidden(1));
  b.Do(TokenKeeper::LoginSucceeded{kLease, true, std::nullopt});
  b.WantAfter403(2, Forbidden(2));
  REQUIRE(b.Answer(2) == Refused(NoToken()));
  b.WantAfter403(3, Forbidden(2, kTransitDecrypt));
  CHECK(b.All<TokenKeeper::StartLogin>().size() == 1);
  b.Do(TokenKeeper::LoginSucceeded{kLease, true, std::nullopt});
  b.Want(4, /*rejected=*/3);
  CHECK(b.All<TokenKeeper::DropToken>().size() == 1);
  CHECK(b.All<TokenKeeper::StartLogin>().size() == 1);
}

TEST_CASE("TokenKeeper: ten minutes without a denial of the operation end its incident") {
  for (const bool quiet : {false, true}) {
    CAPTURE(quiet);
    TokenKeeperBench b;
    b.LogIn(/*renewable=*/true);
    b.WantAfter403(1, Forbidden(1));
    b.Do(TokenKeeper::LoginSucceeded{hours(2), true, std::nullopt});
    b.Pass(seconds(5));
    b.WantAfter403(2, Forbidden(2));
    b.Do(TokenKeeper::LoginSucceeded{hours(2), true, std::nullopt});
    // What the policy denies without a login counts as well.
    b.WantAfter403(3, GoodElsewhere(Forbidden(3)));
    b.Pass(minutes(10) - (quiet ? Duration(0) : Duration(milliseconds(1))));
    b.WantAfter403(4, Forbidden(3));
    REQUIRE(b.All<TokenKeeper::StartLogin>().size() == 1);  // open either way
    b.Do(TokenKeeper::LoginSucceeded{hours(2), true, std::nullopt});
    b.Pass(seconds(5));
    b.WantAfter403(5, Forbidden(4));
    CHECK(b.StartsNothing() == !quiet);
  }
}

TEST_CASE("TokenKeeper: a recovery whose login fails backs off, goes on, and keeps the token") {
  TokenKeeperBench b;
  b.LogIn(/*renewable=*/true);
  b.WantAfter403(1, Forbidden(1));
  b.FailLogin(OpenBaoStatus::kSealed);
  CHECK(b.Answer(1) == Refused(OpenBaoFailure(OpenBaoStatus::kSealed)));
  CHECK(b.None<TokenKeeper::DropToken>());
  b.WantAfter403(2, Forbidden(1));  // within the backoff
  CHECK(b.Answer(2) == Refused(OpenBaoFailure(OpenBaoStatus::kSealed)));
  b.PassAndLook(milliseconds(1250));
  CHECK(b.All<TokenKeeper::StartLogin>().size() == 1);
  b.WantAfter403(3, Forbidden(1));
  b.Do(TokenKeeper::LoginSucceeded{kLease, true, std::nullopt});
  CHECK(b.Answer(3) == 2U);
  b.PassAndLook(minutes(1));
  CHECK(b.StartsNothing());
}

TEST_CASE("TokenKeeper: while a recovery waits for its backoff the timer is armed for it") {
  TokenKeeperBench b;
  b.LogIn(/*renewable=*/true);
  b.WantAfter403(1, Forbidden(1));
  b.Pass(seconds(3));
  b.FailLogin();
  CHECK(b.TimerAt() <= b.now.monotonic + milliseconds(1250));
}

TEST_CASE("TokenKeeper: a 403 abandons the renewal of its token only for a login") {
  for (const bool policy : {false, true}) {
    CAPTURE(policy);
    TokenKeeperBench b;
    b.LogIn(/*renewable=*/true);
    if (policy) {  // its operation's throttle is closed
      b.WantAfter403(1, Forbidden(1));
      b.Do(TokenKeeper::LoginSucceeded{minutes(5) + seconds(2), true, std::nullopt});
      b.PassAndLook(seconds(2));
    } else {
      b.PassAndLook(minutes(25));
    }
    REQUIRE(b.All<TokenKeeper::StartRenewal>().size() == 1);  // it hangs
    const std::uint64_t generation = policy ? 2 : 1;
    b.WantAfter403(2, Forbidden(generation));
    CHECK(b.None<TokenKeeper::DropToken>());
    CHECK(b.All<TokenKeeper::ReportRenewal>().size() == (policy ? 0U : 1U));
    CHECK(b.StartsNothing() == policy);
    b.Do(TokenKeeper::RenewalSucceeded{generation, kLease, true});
    CHECK(b.None<TokenKeeper::PublishToken>() == !policy);
  }
}

TEST_CASE("TokenKeeper: a denied token that expires leaves its waiters to the login under way") {
  TokenKeeperBench b;
  b.LogIn(/*renewable=*/false);
  b.Pass(kLease - seconds(1));
  b.WantAfter403(1, Forbidden(1));
  REQUIRE(b.All<TokenKeeper::StartLogin>().size() == 1);
  b.PassAndLook(seconds(1));
  CHECK(b.All<TokenKeeper::DropToken>().size() == 1);
  CHECK(b.None<TokenKeeper::AnswerWaiter>());
  b.Do(TokenKeeper::LoginSucceeded{kLease, false, std::nullopt});
  CHECK(b.Answer(1) == 2U);
}

}  // namespace
}  // namespace baokms::core
