// Requests that wait and leave together in one call (request-scheduling.md, "Batches").
#include <doctest/doctest.h>

#include "tests/adapters/transit_http/sending/policy_bench.h"

namespace baokms::tests {
namespace {

using namespace std::chrono_literals;
using adapters::transit_http::AttemptEnd;
using adapters::transit_http::Lane;
using adapters::transit_http::Verdict;
using Ids = std::vector<SendingPolicy::RequestId>;

// One place, and a request under way in it.
struct BusyBench : PolicyBench {
  explicit BusyBench(SendingLimits limits = {.places = 1, .most_items = 64})
      : PolicyBench(limits), first(Share()) {}
  // The requests that have joined the call of the last attempt.
  Ids Company() { return joined[begun.back().request]; }
  void FreeThePlace() { End(AttemptsOf(first)[0].attempt, AttemptEnd::kReply); }
  SendingPolicy::RequestId first;
};

TEST_CASE("Shared calls: a request that finds a place leaves at once and alone") {
  BusyBench bench;
  REQUIRE(bench.begun.size() == 1);
  CHECK(bench.Company().empty());
}

TEST_CASE("Shared calls: what waits leaves together when a place is free") {
  BusyBench bench;
  const auto a = bench.Share();
  const auto b = bench.Share();
  const auto c = bench.Share();
  CHECK(bench.begun.size() == 1);
  bench.FreeThePlace();
  REQUIRE(bench.begun.size() == 2);
  CHECK(bench.begun[1].request == a);
  CHECK(bench.Company() == Ids{b, c});
  bench.End(bench.begun[1].attempt, AttemptEnd::kReply);
  for (const auto id : {a, b, c}) CHECK(bench.VerdictOn(id) == Verdict::kReply);
  CHECK(bench.policy.waiting() == 0);
  CHECK_FALSE(bench.policy.NextTimer());
}

TEST_CASE("Shared calls: only requests of one group and lane join") {
  BusyBench bench;
  const auto a = bench.Share({.group = 1, .bytes = 100});
  const auto b = bench.Share({.group = 2, .bytes = 100});
  const auto encrypt = bench.Share({.group = 1, .bytes = 100}, 2s, Lane::kEncrypt);
  const auto c = bench.Share({.group = 2, .bytes = 100});
  const auto alone = bench.Submit();
  bench.FreeThePlace();
  Ids order;
  while (bench.begun.size() > order.size() + 1) {
    const SendingPolicy::Begin& begin = bench.begun.back();
    order.push_back(begin.request);
    CHECK(bench.Company() == (begin.request == b ? Ids{c} : Ids{}));
    bench.End(begin.attempt, AttemptEnd::kReply);
  }
  CHECK(order == Ids{encrypt, a, b, alone});
}

TEST_CASE("Shared calls: without a bound above one each request goes alone") {
  BusyBench bench({.places = 1});
  bench.Share();
  bench.Share();
  bench.FreeThePlace();
  CHECK(bench.Company().empty());
}

TEST_CASE("Shared calls: no call carries more requests or bytes than it may") {
  BusyBench bench({.places = 1, .most_items = 3, .most_bytes = 1000});
  for (int i = 0; i < 4; ++i) bench.Share();
  bench.Share({.group = 1, .bytes = 901});
  bench.Share();
  bench.FreeThePlace();
  CHECK(bench.Company().size() == 2);
  bench.End(bench.begun.back().attempt, AttemptEnd::kReply);
  CHECK(bench.Company().empty());  // with the next one 1,001 bytes
  bench.End(bench.begun.back().attempt, AttemptEnd::kReply);
  CHECK(bench.Company().empty());  // and here
  bench.End(bench.begun.back().attempt, AttemptEnd::kReply);
  CHECK(bench.policy.waiting() == 0);
}

TEST_CASE("Shared calls: each request has its own deadline and the last one's is the call's") {
  BusyBench bench;
  const auto a = bench.Share({.group = 1, .bytes = 100}, 600ms);
  const auto b = bench.Share({.group = 1, .bytes = 100}, 1500ms);
  const auto c = bench.Share({.group = 1, .bytes = 100}, 900ms);
  bench.FreeThePlace();
  const auto attempt = bench.begun.back().attempt;
  bench.Pass(600ms);
  CHECK(bench.VerdictOn(a) == Verdict::kDeadline);
  CHECK_FALSE(bench.VerdictOn(b));
  CHECK_FALSE(bench.VerdictOn(c));
  bench.Pass(300ms);
  CHECK(bench.VerdictOn(c) == Verdict::kDeadline);
  CHECK(bench.cut.empty());
  bench.Pass(600ms);
  CHECK(bench.VerdictOn(b) == Verdict::kDeadline);
  CHECK(std::ranges::count(bench.cut, attempt) == 1);
  CHECK(bench.policy.under_way() == 0);
}

TEST_CASE("Shared calls: one that has too little time left is refused and the others leave") {
  BusyBench bench({.places = 2, .most_items = 64});
  bench.Share();  // takes the other place
  for (const auto& begin : bench.begun) bench.Hear(begin.attempt);
  const auto a = bench.Share({.group = 1, .bytes = 100}, 2s);
  const auto late = bench.Share({.group = 1, .bytes = 100}, 500ms);
  const auto b = bench.Share({.group = 1, .bytes = 100}, 2s);
  bench.Pass(300ms);
  CHECK_FALSE(bench.VerdictOn(late));
  bench.FreeThePlace();  // calls take 300 ms, as is known now
  CHECK(bench.VerdictOn(late) == Verdict::kRefused);
  CHECK(bench.begun.back().request == a);
  CHECK(bench.Company() == Ids{b});
}

TEST_CASE("Shared calls: one whose caller leaves costs the others nothing") {
  BusyBench bench;
  const auto a = bench.Share();
  const auto b = bench.Share();
  const auto waiting = bench.Share();
  bench.Leave(waiting);
  CHECK(bench.VerdictOn(waiting) == Verdict::kCancelled);
  bench.FreeThePlace();
  CHECK(bench.Company() == Ids{b});
  bench.Leave(a);
  CHECK_FALSE(bench.VerdictOn(a));  // the transfer runs on
  bench.End(bench.begun.back().attempt, AttemptEnd::kReply);
  CHECK(bench.VerdictOn(b) == Verdict::kReply);
}

TEST_CASE("Shared calls: a place is made up for once the callers of all have left") {
  BusyBench bench;
  const auto a = bench.Share();
  const auto b = bench.Share();
  bench.FreeThePlace();
  bench.Leave(a);
  const auto next = bench.Share();
  CHECK(bench.AttemptsOf(next).empty());
  bench.Leave(b);
  CHECK(bench.AttemptsOf(next).size() == 1);
}

TEST_CASE("Shared calls: the callers that are left after a deadline may all have gone") {
  BusyBench bench;
  const auto a = bench.Share({.group = 1, .bytes = 100}, 300ms);
  const auto b = bench.Share();
  bench.FreeThePlace();
  bench.Leave(b);
  const auto next = bench.Share();
  CHECK(bench.AttemptsOf(next).empty());
  bench.Pass(300ms);
  CHECK(bench.VerdictOn(a) == Verdict::kDeadline);
  CHECK(bench.AttemptsOf(next).size() == 1);
}

TEST_CASE("Shared calls: while one is under way few calls are and the others gather") {
  BusyBench bench({.places = 4, .most_items = 64});
  const Ids others{bench.Share(), bench.Share(), bench.Share()};
  const auto a = bench.Share();
  bench.Share();
  bench.FreeThePlace();
  REQUIRE(bench.begun.back().request == a);
  const auto shared = bench.begun.back().attempt;
  // Three single calls beside it are over, and two have room.
  const auto b = bench.Share();
  bench.Share();
  bench.Share();
  for (std::size_t i = 0; i < 2; ++i) {
    bench.End(bench.AttemptsOf(others[i])[0].attempt, AttemptEnd::kReply);
    CHECK(bench.begun.back().request == a);
  }
  bench.End(bench.AttemptsOf(others[2])[0].attempt, AttemptEnd::kReply);
  CHECK(bench.begun.back().request == b);
  CHECK(bench.Company().size() == 2);
  // When no shared call is left, single ones take every place again.
  bench.End(bench.begun.back().attempt, AttemptEnd::kReply);
  bench.End(shared, AttemptEnd::kReply);
  for (std::size_t i = 0; i < 4; ++i) CHECK(bench.AttemptsOf(bench.Share()).size() == 1);
}

TEST_CASE("Shared calls: silent ones do not keep the others waiting") {
  BusyBench bench({.addresses = 2, .places = 4, .most_items = 64});
  for (std::size_t i = 0; i < 3; ++i) bench.Share();
  const auto singles = bench.begun;
  const auto a = bench.Share();
  bench.Share();
  for (const auto& single : singles) bench.End(single.attempt, AttemptEnd::kReply);
  REQUIRE(bench.begun.back().request == a);
  bench.Pass(200ms);  // silent, and so is the second attempt that began meanwhile
  REQUIRE(bench.AttemptsOf(a).size() == 2);
  bench.Pass(200ms);
  CHECK(bench.AttemptsOf(bench.Share()).size() == 1);
  CHECK(bench.AttemptsOf(bench.Share()).size() == 1);
}

TEST_CASE("Shared calls: a failed attempt is tried again for all of them together") {
  BusyBench bench;
  const auto a = bench.Share();
  const auto b = bench.Share();
  bench.FreeThePlace();
  bench.End(bench.begun.back().attempt, AttemptEnd::kBroken);
  CHECK_FALSE(bench.VerdictOn(b));
  const auto later = bench.Share();  // takes the place meanwhile, alone
  CHECK(bench.begun.back().request == later);
  bench.Pass(100ms);
  bench.End(bench.begun.back().attempt, AttemptEnd::kReply);
  CHECK(bench.begun.back().request == a);
  CHECK_FALSE(bench.begun.back().first);
  CHECK(bench.Company() == Ids{b});
  bench.End(bench.begun.back().attempt, AttemptEnd::kReply);
  CHECK(bench.VerdictOn(a) == Verdict::kReply);
  CHECK(bench.VerdictOn(b) == Verdict::kReply);
}

TEST_CASE("Shared calls: a silent one gets a second attempt and both are for all of them") {
  BusyBench bench({.places = 2, .most_items = 64});
  const auto other = bench.Share();
  const auto a = bench.Share();
  const auto b = bench.Share();
  bench.FreeThePlace();
  const auto first = bench.begun.back();
  REQUIRE(first.request == a);
  bench.End(bench.AttemptsOf(other)[0].attempt, AttemptEnd::kReply);
  bench.Pass(200ms);
  REQUIRE(bench.AttemptsOf(a).size() == 2);
  bench.End(bench.AttemptsOf(a)[1].attempt, AttemptEnd::kReply);
  CHECK(bench.VerdictOn(a) == Verdict::kReply);
  CHECK(bench.VerdictOn(b) == Verdict::kReply);
}

}  // namespace
}  // namespace baokms::tests
