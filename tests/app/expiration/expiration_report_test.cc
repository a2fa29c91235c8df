// When what a node needs expires (reports-and-labels.md, "check-expiration").
#include "app/expiration/expiration_report.h"

#include <doctest/doctest.h>

namespace baokms::app {
namespace {

using namespace std::chrono_literals;

constexpr core::UnixSeconds kExpirationNow = 1'700'000'000;  // 2023-11-14T22:13:20Z

Expiration Ends(core::UnixSeconds in, std::chrono::seconds threshold = 100s) {
  return {.id = "jwt",
          .title = "JWT",
          .field = "auth.jwt.jwtFile",
          .threshold = threshold,
          .expires_at = kExpirationNow + in};
}

Expiration Unknown(bool asked_in_vain) {
  return {.id = "token",
          .title = "The running provider's token",
          .threshold = 150s,
          .message = "not known: nobody answers",
          .asked_in_vain = asked_in_vain};
}

}  // namespace

TEST_CASE("Expiration: the threshold itself is too little") {
  CHECK(Judge(Ends(101), kExpirationNow) == ExpirationStatus::kPass);
  CHECK(Judge(Ends(100), kExpirationNow) == ExpirationStatus::kFail);
  CHECK(Judge(Ends(0, 0s), kExpirationNow) == ExpirationStatus::kFail);
  CHECK(Judge(Ends(1, 0s), kExpirationNow) == ExpirationStatus::kPass);
  CHECK(Judge(Ends(-5), kExpirationNow) == ExpirationStatus::kFail);
}

TEST_CASE("Expiration: what cannot be read fails and what was not asked is skipped") {
  CHECK(Judge(Unknown(true), kExpirationNow) == ExpirationStatus::kFail);
  CHECK(Judge(Unknown(false), kExpirationNow) == ExpirationStatus::kSkip);
  CHECK(ExpirationProblem({Unknown(false)}, kExpirationNow).empty());
  CHECK(ExpirationProblem({Unknown(true)}, kExpirationNow) ==
        "The running provider's token: not known: nobody answers");
}

TEST_CASE("Expiration: the table has the soonest first and what is not known last") {
  const Expiration ca{.id = "openbao.ca",
                      .title = "CA",
                      .threshold = 24h,
                      .expires_at = kExpirationNow + 90 * 86400};
  CHECK(DescribeExpirations({Unknown(false), ca, Ends(3700)}, kExpirationNow) ==
        "status  what                          expires               left       threshold\n"
        "pass    JWT (auth.jwt.jwtFile)        2023-11-14T23:15:00Z  1 h 1 min  1 min 40 s\n"
        "pass    CA                            2024-02-12T22:13:20Z  90 d       1 d\n"
        "skip    The running provider's token  -                     -          2 min 30 s\n"
        "    not known: nobody answers\n");
}

TEST_CASE("Expiration: the problem is the soonest and says how much is left") {
  CHECK(ExpirationProblem({Ends(3700)}, kExpirationNow).empty());
  CHECK(ExpirationProblem({Unknown(true), Ends(60), Ends(-200)}, kExpirationNow) ==
        "JWT (auth.jwt.jwtFile): expired 3 min 20 s ago");
  CHECK(ExpirationProblem({Ends(60)}, kExpirationNow) ==
        "JWT (auth.jwt.jwtFile): 1 min left, the threshold is 1 min 40 s");
}

TEST_CASE("Expiration: JSON keeps the order and leaves out what is empty") {
  const Report report = ReportExpirations({Unknown(false), Ends(-5)}, kExpirationNow);
  CHECK(report == Report({{"name", "check-expiration"},
                          {"expirations",
                           {{{"id", "token"},
                             {"title", "The running provider's token"},
                             {"status", "skip"},
                             {"thresholdSeconds", 150},
                             {"message", "not known: nobody answers"}},
                            {{"id", "jwt"},
                             {"title", "JWT"},
                             {"field", "auth.jwt.jwtFile"},
                             {"status", "fail"},
                             {"expiresAt", "2023-11-14T22:13:15Z"},
                             {"secondsLeft", 0},
                             {"thresholdSeconds", 100}}}}}));
}

}  // namespace baokms::app
