#include "core/token/login_throttle.h"

#include <doctest/doctest.h>

#include <chrono>

namespace baokms::core {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

TEST_CASE("LoginThrottle: the first recovery of an incident is immediate and the next are spaced") {
  LoginThrottle throttle;
  MonotonicTime now(minutes(1));
  throttle.NoteRejection(now);
  CHECK(throttle.TryRecover(now));
  for (const int wait : {5, 10, 20, 40, 80, 160, 300, 300}) {
    CAPTURE(wait);
    throttle.NoteRejection(now);
    CHECK(throttle.opens_at() == now + seconds(wait));
    CHECK_FALSE(throttle.TryRecover(now + seconds(wait) - milliseconds(1)));
    now += seconds(wait);
    CHECK(throttle.TryRecover(now));
  }
}

TEST_CASE("LoginThrottle: each rejection keeps the incident open for 10 more minutes") {
  LoginThrottle throttle;
  MonotonicTime now(minutes(1));
  for (int i = 0; i < 6; ++i) {
    throttle.NoteRejection(now);
    CHECK(throttle.TryRecover(now));
    now += minutes(10) - milliseconds(1);
  }
  throttle.NoteRejection(now);
  CHECK(throttle.TryRecover(now));
  CHECK(throttle.opens_at() == now + minutes(5));  // the seventh: 320 s, cut to 5 min
  now += minutes(10);
  throttle.NoteRejection(now);
  CHECK(throttle.TryRecover(now));
  CHECK(throttle.opens_at() == now + seconds(5));
}

TEST_CASE("LoginThrottle: a new incident does not wait for the spacing of the old one") {
  LoginThrottle throttle;
  MonotonicTime now(minutes(1));
  for (int i = 0; i < 7; ++i) {
    throttle.NoteRejection(now);
    now += minutes(5);
    CHECK(throttle.TryRecover(now));  // late, so that it opens again 10 minutes after the rejection
  }
  now += minutes(4);
  CHECK(throttle.opens_at() > now);
  CHECK_FALSE(throttle.TryRecover(now));
  throttle.NoteRejection(now);
  CHECK_FALSE(throttle.TryRecover(now));  // 9 minutes: the same incident
  now = throttle.opens_at() + minutes(8);
  CHECK(throttle.TryRecover(now));
  now += minutes(1);
  CHECK(throttle.opens_at() > now);
  throttle.NoteRejection(now);
  CHECK(throttle.TryRecover(now));
}

}  // namespace
}  // namespace baokms::core
