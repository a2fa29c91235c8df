// A 401 or 403 on a Transit call (auth.md, "Token manager").
#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <optional>

#include "core/token/token_keeper.h"
#include "tests/unit/token/token_keeper_bench.h"

namespace baokms::core {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

TEST_CASE("TokenKeeper: a refused current token is dropped and recovered once by a login") {
  TokenKeeperBench b;
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
  TokenKeeperBench b;
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

TEST_CASE("TokenKeeper: a generation never given out rejects nothing now or later") {
  TokenKeeperBench b;
  b.LogIn(/*renewable=*/true);
  b.Do(TokenKeeper::TokenRejected{99});
  CHECK(b.actions.empty());
  b.PassAndLook(minutes(25));
  b.Do(TokenKeeper::RenewalSucceeded{1, kLease, true});
  CHECK(b.Only<TokenKeeper::PublishToken>().generation == 1);
}

TEST_CASE("TokenKeeper: a refused retry drops the token without another recovery") {
  TokenKeeperBench b;
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
  TokenKeeperBench b;
  b.LogIn(/*renewable=*/true);
  b.Want(1, 1);
  b.Do(TokenKeeper::LoginSucceeded{kLease, true, std::nullopt});
  b.Want(2, /*rejected=*/2);
  CHECK(b.All<TokenKeeper::DropToken>().size() == 1);
  CHECK(b.Answer(2) == Refused(NoToken()));
  CHECK(b.StartsNothing());
}

TEST_CASE("TokenKeeper: recoveries of one incident wait 5 s doubling to 5 min") {
  TokenKeeperBench b;
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
  TokenKeeperBench b;
  b.LogIn(/*renewable=*/true);
  b.Do(TokenKeeper::TokenRejected{1});
  b.Do(TokenKeeper::LoginSucceeded{kLease, true, std::nullopt});
  b.Do(TokenKeeper::TokenRejected{2});
  CHECK(b.TimerAt() == b.now.monotonic + seconds(5));
}

TEST_CASE("TokenKeeper: once the throttle opens callers wait for its login and share its error") {
  TokenKeeperBench b;
  b.LogIn(/*renewable=*/true);
  b.Want(1, 1);
  b.Do(TokenKeeper::LoginSucceeded{kLease, true, std::nullopt});
  b.Do(TokenKeeper::TokenRejected{2});
  b.Pass(seconds(5));
  b.Want(2);  // no timer needed: each step looks
  CHECK(b.All<TokenKeeper::StartLogin>().size() == 1);
  CHECK(b.None<TokenKeeper::AnswerWaiter>());
  CHECK_FALSE(b.keeper.Status().throttled);
  b.FailLogin(OpenBaoStatus::kSealed);
  CHECK(b.Answer(2) == Refused(OpenBaoFailure(OpenBaoStatus::kSealed)));
  b.PassAndLook(milliseconds(1250));
  CHECK(b.All<TokenKeeper::StartLogin>().size() == 1);
}

TEST_CASE("TokenKeeper: only 10 minutes without a rejection end an incident") {
  for (const bool quiet : {false, true}) {
    CAPTURE(quiet);
    TokenKeeperBench b;
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
  TokenKeeperBench b;
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
  TokenKeeperBench b;
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

TEST_CASE("TokenKeeper: a rejection abandons the renewal of its token and logs in at once") {
  TokenKeeperBench b;
  b.LogIn(/*renewable=*/true);
  b.PassAndLook(minutes(25));
  REQUIRE(b.All<TokenKeeper::StartRenewal>().size() == 1);  // it hangs
  b.Want(1, 1);
  CHECK(b.All<TokenKeeper::DropToken>().size() == 1);
  CHECK(b.Only<TokenKeeper::ReportRenewal>() ==
        TokenKeeper::ReportRenewal{LoginStatus::kError, Cancelled()});
  CHECK(b.All<TokenKeeper::StartLogin>().size() == 1);
  CHECK(b.None<TokenKeeper::AnswerWaiter>());
  b.Do(TokenKeeper::LoginSucceeded{kLease, true, std::nullopt});
  CHECK(b.Answer(1) == 2U);
}

TEST_CASE("TokenKeeper: the late end of an abandoned renewal changes nothing") {
  for (const bool success : {false, true}) {
    CAPTURE(success);
    TokenKeeperBench b;
    b.LogIn(/*renewable=*/true);
    b.PassAndLook(minutes(25));
    b.Want(1, 1);
    const auto end = [&] {
      if (success) {
        b.Do(TokenKeeper::RenewalSucceeded{1, hours(1), true});
      } else {
        b.Do(TokenKeeper::RenewalFailed{1, {OpenBaoFailure(OpenBaoStatus::kTimeout)}});
      }
    };
    TokenKeeper before = b.keeper;
    end();
    CHECK(b.actions.empty());  // the login under way is the recovery
    CHECK(b.keeper == before);
    b.Do(TokenKeeper::LoginSucceeded{minutes(5) + seconds(2), true, std::nullopt});
    b.PassAndLook(seconds(2));
    REQUIRE(b.Only<TokenKeeper::StartRenewal>().generation == 2);
    before = b.keeper;
    end();
    CHECK(b.actions.empty());  // nor is it the end of the next renewal
    CHECK(b.keeper == before);
  }
}

TEST_CASE("TokenKeeper: a late rejection of an older token leaves the newer one's renewal") {
  TokenKeeperBench b;
  b.LogIn(/*renewable=*/true);
  b.Want(1, 1);
  b.Do(TokenKeeper::LoginSucceeded{kLease, true, std::nullopt});
  b.PassAndLook(minutes(25));
  b.Do(TokenKeeper::TokenRejected{1});
  CHECK(b.None<TokenKeeper::ReportRenewal>());
  b.Do(TokenKeeper::RenewalSucceeded{2, kLease, true});
  CHECK(b.Only<TokenKeeper::PublishToken>().generation == 2);
}

TEST_CASE("TokenKeeper: a renewal of a token rejected after it expired is abandoned too") {
  TokenKeeperBench b;
  b.LogIn(/*renewable=*/true);
  b.PassAndLook(kLease - seconds(1));
  b.Pass(seconds(1));
  b.Want(1, 1);
  CHECK_FALSE(b.keeper.Status().throttled);
  CHECK(b.Only<TokenKeeper::ReportRenewal>().error == Cancelled());
  CHECK(b.All<TokenKeeper::StartLogin>().size() == 1);
  b.Do(TokenKeeper::RenewalSucceeded{1, hours(1), true});
  CHECK(b.actions.empty());
}

TEST_CASE("TokenKeeper: a renewal abandoned while recovery is throttled brings no login") {
  TokenKeeperBench b;
  b.LogIn(/*renewable=*/true);
  b.Want(1, 1);
  b.Do(TokenKeeper::LoginSucceeded{minutes(5) + seconds(2), true, std::nullopt});
  b.PassAndLook(seconds(2));
  REQUIRE(b.All<TokenKeeper::StartRenewal>().size() == 1);
  b.Want(2, 2);
  CHECK(b.Answer(2) == Refused(NoToken()));
  CHECK(b.Only<TokenKeeper::ReportRenewal>().error == Cancelled());
  CHECK(b.StartsNothing());
  b.Do(TokenKeeper::RenewalFailed{2, {OpenBaoFailure(OpenBaoStatus::kPermissionDenied)}});
  CHECK(b.actions.empty());
  b.PassAndLook(seconds(3));
  CHECK(b.All<TokenKeeper::StartLogin>().size() == 1);
}

TEST_CASE("TokenKeeper: a login under way when its predecessor is refused is the recovery") {
  TokenKeeperBench b;
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

TEST_CASE("TokenKeeper: even while throttled a login under way is shared since it costs no more") {
  TokenKeeperBench b;
  b.LogIn(/*renewable=*/true);
  b.Want(1, 1);
  b.Do(TokenKeeper::LoginSucceeded{minutes(5) + seconds(2), false, std::nullopt});
  b.PassAndLook(seconds(2));
  REQUIRE(b.All<TokenKeeper::StartLogin>().size() == 1);  // refresh ahead
  b.Want(2, 2);
  CHECK(b.All<TokenKeeper::DropToken>().size() == 1);
  CHECK(b.None<TokenKeeper::AnswerWaiter>());
  b.Do(TokenKeeper::LoginSucceeded{kLease, true, std::nullopt});
  CHECK(b.Answer(2) == 3U);
}

}  // namespace
}  // namespace baokms::core
