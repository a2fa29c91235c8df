// SendingPolicy step by step: each rule by itself (request-scheduling.md).
#include "adapters/transit_http/sending/sending_policy.h"

#include <doctest/doctest.h>

#include "tests/adapters/transit_http/sending/policy_bench.h"

namespace baokms::tests {
namespace {

using namespace std::chrono_literals;
using adapters::transit_http::AttemptEnd;
using adapters::transit_http::Lane;
using adapters::transit_http::Verdict;

TEST_CASE("Sending: a request begins at once where a place is free and its reply answers it") {
  PolicyBench bench;
  const auto id = bench.Submit();
  REQUIRE(bench.AttemptsOf(id).size() == 1);
  CHECK(bench.AttemptsOf(id)[0].first);
  CHECK(bench.AttemptsOf(id)[0].address == 0);
  bench.End(bench.AttemptsOf(id)[0].attempt, AttemptEnd::kReply);
  CHECK(bench.VerdictOn(id) == Verdict::kReply);
  CHECK(bench.policy.under_way() == 0);
  CHECK_FALSE(bench.policy.NextTimer());
}

TEST_CASE("Sending: above the places requests wait in order and lanes take turns") {
  PolicyBench bench({.places = 1});
  const auto first = bench.Submit(Lane::kDecrypt);
  const auto second = bench.Submit(Lane::kDecrypt);
  const auto third = bench.Submit(Lane::kDecrypt);
  const auto encrypt = bench.Submit(Lane::kEncrypt);
  CHECK(bench.begun.size() == 1);
  for (const auto id : {first, encrypt, second, third}) {
    REQUIRE(bench.AttemptsOf(id).size() == 1);
    bench.End(bench.AttemptsOf(id)[0].attempt, AttemptEnd::kReply);
  }
}

TEST_CASE("Sending: probes have places of their own") {
  PolicyBench bench({.places = 1, .probe_places = 1});
  bench.Submit();
  bench.Submit();
  const auto probe = bench.Submit(Lane::kProbe);
  CHECK(bench.AttemptsOf(probe).size() == 1);
  const auto another = bench.Submit(Lane::kProbe);
  CHECK(bench.AttemptsOf(another).empty());
}

TEST_CASE("Sending: a request whose turn would come too late is refused at once") {
  PolicyBench bench({.places = 1});
  for (int i = 0; i < 5; ++i) bench.Serve(300ms);
  for (int i = 0; i < 5; ++i)
    CHECK_FALSE(bench.VerdictOn(bench.Submit()));  // the last ends at 1.5 s
  bench.Submit();
  const auto late = bench.Submit();
  CHECK(bench.VerdictOn(late) == Verdict::kRefused);
  CHECK(bench.AttemptsOf(late).empty());
}

TEST_CASE(
    "Sending: what waits is refused once too little time is left, and nothing is sent for it") {
  PolicyBench bench({.places = 1});
  for (int i = 0; i < 5; ++i) bench.Serve(100ms);
  const auto stuck = bench.Submit(Lane::kDecrypt, 10s);
  const auto waits = bench.Submit(Lane::kDecrypt, 500ms);
  bench.Pass(374ms);  // 25 ms early, as timers come late
  CHECK_FALSE(bench.VerdictOn(waits));
  bench.Pass(2ms);
  CHECK(bench.VerdictOn(waits) == Verdict::kRefused);
  CHECK(bench.AttemptsOf(waits).empty());
  CHECK_FALSE(bench.VerdictOn(stuck));
}

TEST_CASE("Sending: with nothing under way one request goes out however slow OpenBao was") {
  PolicyBench bench;
  for (int i = 0; i < 20; ++i) {
    const auto id = bench.Submit(Lane::kDecrypt, 60s);
    bench.Pass(5s);
    for (const auto& begin : bench.AttemptsOf(id)) bench.End(begin.attempt, AttemptEnd::kReply);
  }
  CHECK(bench.AttemptsOf(bench.Submit(Lane::kDecrypt, 2s)).size() == 1);
  CHECK(bench.VerdictOn(bench.Submit(Lane::kDecrypt, 2s)) == Verdict::kRefused);
}

TEST_CASE("Sending: a broken connection, an unreachable server and a proxy's 502 are tried again") {
  for (const AttemptEnd end :
       {AttemptEnd::kBroken, AttemptEnd::kUnreachable, AttemptEnd::kTryAgain}) {
    PolicyBench bench;
    const auto id = bench.Submit();
    bench.End(bench.AttemptsOf(id)[0].attempt, end);
    CHECK_FALSE(bench.VerdictOn(id));
    bench.Pass(18ms);
    CHECK(bench.AttemptsOf(id).size() == 1);
    bench.Pass(14ms);
    REQUIRE(bench.AttemptsOf(id).size() == 2);
    CHECK(bench.AttemptsOf(id)[1].fresh_connection);
    CHECK_FALSE(bench.AttemptsOf(id)[1].first);
    bench.End(bench.AttemptsOf(id)[1].attempt, AttemptEnd::kReply);
    CHECK(bench.VerdictOn(id) == Verdict::kReply);
  }
}

TEST_CASE("Sending: sealed is tried again at another address only, and a failure of ours never") {
  PolicyBench alone;
  const auto id = alone.Submit();
  alone.End(alone.AttemptsOf(id)[0].attempt, AttemptEnd::kTryElsewhere);
  CHECK(alone.VerdictOn(id) == Verdict::kBestKept);

  PolicyBench two({.addresses = 2});
  const auto other = two.Submit();
  two.End(two.AttemptsOf(other)[0].attempt, AttemptEnd::kTryElsewhere);
  two.Pass(40ms);
  REQUIRE(two.AttemptsOf(other).size() == 2);
  CHECK(two.AttemptsOf(other)[1].address == 1);
  two.End(two.AttemptsOf(other)[1].attempt, AttemptEnd::kFailed);
  CHECK(two.VerdictOn(other) == Verdict::kReply);
}

TEST_CASE("Sending: the address that answered is asked first from then on") {
  PolicyBench bench({.addresses = 2});
  const auto id = bench.Submit();
  bench.End(bench.AttemptsOf(id)[0].attempt, AttemptEnd::kUnreachable);
  bench.Pass(40ms);
  bench.End(bench.AttemptsOf(id)[1].attempt, AttemptEnd::kReply);
  CHECK(bench.policy.preferred_address() == 1);
  CHECK(bench.AttemptsOf(bench.Submit()).at(0).address == 1);
}

TEST_CASE("Sending: a silent attempt gets a second one beside it and the first reply wins") {
  PolicyBench bench({.addresses = 2});
  for (int i = 0; i < 5; ++i) bench.Serve(2ms);
  const auto id = bench.Submit();
  bench.Pass(149ms);
  CHECK(bench.AttemptsOf(id).size() == 1);
  bench.Pass(2ms);
  REQUIRE(bench.AttemptsOf(id).size() == 2);
  CHECK(bench.AttemptsOf(id)[1].address == 1);
  bench.End(bench.AttemptsOf(id)[1].attempt, AttemptEnd::kReply);
  CHECK(bench.VerdictOn(id) == Verdict::kReply);
  CHECK(bench.cut.empty());  // the first one runs on
  bench.End(bench.AttemptsOf(id)[0].attempt, AttemptEnd::kReply);
  CHECK(bench.policy.under_way() == 0);
}

TEST_CASE("Sending: an attempt whose reply has begun gets none beside it") {
  PolicyBench bench({.addresses = 2});
  const auto id = bench.Submit();
  bench.Hear(bench.AttemptsOf(id)[0].attempt);
  bench.Pass(1900ms);
  CHECK(bench.AttemptsOf(id).size() == 1);
}

TEST_CASE("Sending: three silent attempts make an address suspect, and a byte clears it") {
  PolicyBench bench({.addresses = 2});
  for (int i = 0; i < 3; ++i) bench.Submit();
  bench.Pass(200ms);
  CHECK(bench.suspects == std::vector<std::size_t>{0});
  CHECK(bench.policy.IsSuspect(0));
  const auto next = bench.Submit();
  CHECK(bench.AttemptsOf(next).at(0).address == 1);
  bench.Hear(bench.begun.front().attempt);
  CHECK_FALSE(bench.policy.IsSuspect(0));
}

TEST_CASE("Sending: a suspect is looked at again every five seconds by one extra attempt") {
  PolicyBench bench({.addresses = 2});
  for (int i = 0; i < 3; ++i) bench.Submit();
  bench.Pass(200ms);
  const auto serve = [&](SendingPolicy::RequestId id) {
    for (const auto& begin : bench.AttemptsOf(id)) {
      if (begin.address == 1) bench.End(begin.attempt, AttemptEnd::kReply);
    }
  };
  int looks = 0;
  bench.cut.clear();
  for (int i = 0; i < 100; ++i) {
    const auto id = bench.Submit();
    looks += static_cast<int>(std::ranges::count_if(
        bench.AttemptsOf(id), [](const auto& begin) { return begin.address == 0; }));
    serve(id);
    bench.Pass(100ms);
  }
  CHECK(looks >= 1);
  CHECK(looks <= 3);
}

TEST_CASE(
    "Sending: a look at a suspect outlives the reply of its request by as long as one takes") {
  PolicyBench bench({.addresses = 2});
  for (int i = 0; i < 3; ++i) bench.Submit();
  bench.Pass(200ms);
  for (const auto& begin : std::vector(bench.begun)) {
    if (begin.address == 1) bench.End(begin.attempt, AttemptEnd::kReply);
  }
  bench.Pass(6s);
  bench.cut.clear();
  const auto id = bench.Submit();
  REQUIRE(bench.AttemptsOf(id).size() == 2);
  const auto look = bench.AttemptsOf(id)[1];
  REQUIRE(look.address == 0);
  bench.End(bench.AttemptsOf(id)[0].attempt, AttemptEnd::kReply);
  CHECK(bench.cut.empty());
  SUBCASE("it finds the address back") {
    bench.Pass(100ms);
    bench.Hear(look.attempt);
    CHECK_FALSE(bench.policy.IsSuspect(0));
  }
  SUBCASE("it is silent, too") {
    bench.Pass(500ms);
    CHECK(bench.cut == std::vector{look.attempt});
    CHECK(bench.policy.IsSuspect(0));
  }
}

TEST_CASE("Sending: an attempt that outlives its request is cut at the request's deadline") {
  PolicyBench bench;
  const auto id = bench.Submit();
  bench.Pass(200ms);
  REQUIRE(bench.AttemptsOf(id).size() == 2);
  bench.End(bench.AttemptsOf(id)[1].attempt, AttemptEnd::kReply);
  bench.Pass(1700ms);
  CHECK(bench.cut.empty());
  bench.Pass(200ms);
  CHECK(bench.cut == std::vector{bench.AttemptsOf(id)[0].attempt});
  CHECK(bench.policy.under_way() == 0);
}

TEST_CASE("Sending: a hedge for want of time says nothing about the address") {
  PolicyBench bench({.addresses = 2});
  for (int i = 0; i < 20; ++i) bench.Serve(300ms);
  for (int i = 0; i < 5; ++i) bench.Submit(Lane::kDecrypt, 700ms);
  bench.Pass(400ms);
  CHECK(bench.begun.size() > 25);  // hedged after a third of the time
  CHECK(bench.suspects.empty());
  CHECK_FALSE(bench.policy.in_outage());
}

TEST_CASE("Sending: one address alone is never suspect") {
  PolicyBench bench;
  for (int i = 0; i < 5; ++i) bench.Submit();
  bench.Pass(1s);
  CHECK(bench.suspects.empty());
}

TEST_CASE("Sending: a caller that leaves before its turn is answered and costs nothing") {
  PolicyBench bench({.places = 1});
  bench.Submit();
  const auto waits = bench.Submit();
  bench.Leave(waits);
  CHECK(bench.VerdictOn(waits) == Verdict::kCancelled);
  CHECK(bench.policy.waiting() == 0);
}

TEST_CASE("Sending: the transfer of a caller that leaves runs on and another one may begin") {
  PolicyBench bench({.places = 1, .extra = 1});
  const auto gone = bench.Submit();
  const auto waits = bench.Submit();
  CHECK(bench.AttemptsOf(waits).empty());
  bench.Leave(gone);
  CHECK(bench.AttemptsOf(waits).size() == 1);
  CHECK(bench.cut.empty());
  bench.End(bench.AttemptsOf(gone)[0].attempt, AttemptEnd::kReply);
  CHECK(bench.VerdictOn(gone) == Verdict::kReply);
}

TEST_CASE("Sending: one that nobody waits for is cut when a waiting request would come too late") {
  PolicyBench bench({.places = 1, .extra = 0});
  const auto gone = bench.Submit(Lane::kDecrypt, 10s);
  bench.Leave(gone);
  const auto waits = bench.Submit(Lane::kDecrypt, 500ms);
  bench.Pass(480ms);
  CHECK(bench.cut.size() == 1);
  CHECK(bench.AttemptsOf(waits).size() == 1);
  CHECK(bench.policy.cuts() == 1);
}

TEST_CASE("Sending: at its deadline a request is answered and its attempts are cut") {
  PolicyBench bench;
  const auto id = bench.Submit();
  bench.Pass(2s);
  CHECK(bench.VerdictOn(id) == Verdict::kDeadline);
  CHECK(bench.policy.under_way() == 0);
  CHECK_FALSE(bench.policy.NextTimer());
}

TEST_CASE("Sending: with less time than any attempt needs a request is refused") {
  PolicyBench bench;
  CHECK(bench.VerdictOn(bench.Submit(Lane::kDecrypt, 24ms)) == Verdict::kRefused);
  CHECK(bench.VerdictOn(bench.Submit(Lane::kDecrypt, 0ms)) == Verdict::kDeadline);
  CHECK(bench.begun.empty());
}

TEST_CASE("Sending: in an outage one attempt a pause is made and its reply lets all others go") {
  PolicyBench bench({.places = 4});
  std::vector<SendingPolicy::RequestId> ids;
  for (int i = 0; i < 4; ++i) ids.push_back(bench.Submit());
  for (const auto id : ids) bench.End(bench.AttemptsOf(id)[0].attempt, AttemptEnd::kTryAgain);
  REQUIRE(bench.policy.in_outage());
  for (int i = 0; i < 20; ++i) ids.push_back(bench.Submit());
  const std::size_t before = bench.begun.size();
  for (int i = 0; i < 100; ++i) {
    bench.Pass(10ms);
    for (const auto& begin : std::vector(bench.begun)) {
      bench.End(begin.attempt, AttemptEnd::kTryAgain);  // unknown ones: nothing
    }
  }
  CHECK(bench.begun.size() - before >= 4);
  CHECK(bench.begun.size() - before <= 12);
  CHECK(bench.answers.empty());
  bench.Pass(200ms);
  bench.End(bench.begun.back().attempt, AttemptEnd::kReply);
  CHECK_FALSE(bench.policy.in_outage());
  CHECK(bench.policy.under_way() == 4);
}

TEST_CASE("Sending: what waits on silent attempts follows the reply that ends an outage") {
  PolicyBench bench({.addresses = 3});
  std::vector<SendingPolicy::RequestId> stuck;
  for (int i = 0; i < 3; ++i) stuck.push_back(bench.Submit());
  bench.Pass(900ms);
  REQUIRE(bench.policy.in_outage());
  for (const auto id : stuck) REQUIRE(bench.AttemptsOf(id).size() == 3);
  const auto next = bench.Submit();
  bench.Pass(200ms);
  REQUIRE(bench.AttemptsOf(next).size() >= 1);
  bench.cut.clear();
  const auto reply = bench.AttemptsOf(next)[0];
  bench.End(reply.attempt, AttemptEnd::kReply);
  CHECK(bench.VerdictOn(next) == Verdict::kReply);
  for (const auto id : stuck) {
    REQUIRE(bench.AttemptsOf(id).size() == 4);
    CHECK(bench.AttemptsOf(id)[3].address == reply.address);
    CHECK(std::ranges::find(bench.cut, bench.AttemptsOf(id)[0].attempt) != bench.cut.end());
    bench.End(bench.AttemptsOf(id)[3].attempt, AttemptEnd::kReply);
    CHECK(bench.VerdictOn(id) == Verdict::kReply);
  }
}

TEST_CASE("Sending: where OpenBao has only become slow the first reply cuts nothing") {
  PolicyBench bench;
  for (int i = 0; i < 20; ++i) bench.Serve(1ms);
  std::vector<SendingPolicy::RequestId> slow;
  for (int i = 0; i < 8; ++i) slow.push_back(bench.Submit());
  bench.Pass(300ms);
  REQUIRE(bench.policy.in_outage());
  for (const auto id : slow) {
    bench.End(bench.AttemptsOf(id)[0].attempt, AttemptEnd::kReply);
    CHECK(bench.VerdictOn(id) == Verdict::kReply);
    CHECK(bench.AttemptsOf(id).size() == 1);
  }
  CHECK(bench.cut.empty());
}

TEST_CASE("Sending: retries use up their allowance and requests are told what came back") {
  PolicyBench bench({.retry_fraction = 0, .retry_base = 2});
  std::size_t retried = 0;
  for (int i = 0; i < 10; ++i) {
    const auto id = bench.Submit();
    bench.End(bench.AttemptsOf(id)[0].attempt, AttemptEnd::kBroken);
    bench.Pass(40ms);
    if (bench.AttemptsOf(id).size() == 2) {
      ++retried;
      bench.End(bench.AttemptsOf(id)[1].attempt, AttemptEnd::kReply);
    } else {
      CHECK(bench.VerdictOn(id) == Verdict::kBestKept);
    }
    bench.Serve(1ms);
  }
  CHECK(retried == 2);
}

}  // namespace
}  // namespace baokms::tests
