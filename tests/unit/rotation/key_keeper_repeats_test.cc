// How probes are repeated after failures, and what their failures do to Status
// (request-scheduling.md, "Probes and recovery").
#include <doctest/doctest.h>

#include "core/rotation/key_keeper.h"
#include "tests/support/core/keeper_bench.h"

namespace baokms::core {
namespace {

using testing::FitMetadata;
using testing::KeeperBench;
using testing::TestPolicy;
using namespace std::chrono_literals;

// To where a deep probe is under way: metadata probes meanwhile are good.
void ToDeepProbe(KeeperBench& b) {
  while (b.Count<DeepProbe>() == 0) {
    b.PassToTimer();
    if (b.Count<ReadMetadata>() > 0) b.Read(FitMetadata(1));
  }
}

TEST_CASE("Keeper: until it was healthy once it retries at the start interval") {
  KeeperBench b;
  b.Do(TimerFired{});
  for (int i = 0; i < 6; ++i) {
    b.FailRead();
    CHECK_FALSE(b.Healthy());
    CHECK(b.keeper.NextTimer() == b.now.monotonic + 2s);
    b.PassToTimer();
    REQUIRE(b.Count<ReadMetadata>() == 1);
  }
  b.Settle(FitMetadata(1));
  CHECK(b.Healthy());
  CHECK(b.keeper.NextTimer() == b.now.monotonic + 30s);
}

TEST_CASE("Keeper: a failed read is repeated after one second and ever later up to ten") {
  KeeperBench b;
  b.Start();
  b.PassToTimer();
  for (const Duration pause : {1s, 2s, 4s, 8s, 10s, 10s}) {
    b.FailRead();
    CHECK(b.keeper.NextTimer() == b.now.monotonic + pause);
    b.PassToTimer();
    REQUIRE(b.Count<ReadMetadata>() == 1);
  }
  b.Settle(FitMetadata(1));
  CHECK(b.Healthy());
  CHECK(b.keeper.NextTimer() == b.now.monotonic + 30s);
  b.PassToTimer();
  b.FailRead();
  CHECK(b.keeper.NextTimer() == b.now.monotonic + 1s);  // a new row
}

TEST_CASE("Keeper: the pause between failures is never longer than a short interval") {
  KeeperPolicy policy = TestPolicy();
  policy.probe_interval = 700ms;
  KeeperBench b(testing::FirstRegistry(), policy);
  b.Start();
  b.PassToTimer();
  for (int i = 0; i < 100; ++i) {
    b.FailRead();
    REQUIRE(b.keeper.NextTimer() == b.now.monotonic + 700ms);
    b.PassToTimer();
  }
}

TEST_CASE("Keeper: the second failed read in a row makes Status unhealthy") {
  KeeperBench b;
  b.Start();
  b.PassToTimer();
  b.FailRead();
  CHECK(b.Healthy());
  CHECK(b.Only<MetadataProbeEnded>().reason == Reason::kMetadataReadFailed);  // it is told
  CHECK(b.Only<MetadataProbeEnded>().error == OpenBaoFailure(OpenBaoStatus::kUnavailable));
  b.PassToTimer();
  b.FailRead();
  CHECK(b.Reasons() == std::vector{Reason::kMetadataReadFailed});
  CHECK(b.keeper.view().metadata_error == ErrorClass::kOpenBaoUnavailable);
  b.PassToTimer();
  b.Settle(FitMetadata(1));
  CHECK(b.Healthy());
  CHECK_FALSE(b.keeper.view().metadata_error);
}

TEST_CASE("Keeper: two failed reads with a good one between them are no row") {
  KeeperBench b;
  b.Start();
  for (int i = 0; i < 5; ++i) {
    b.PassToTimer();
    b.FailRead();
    CHECK(b.Healthy());
    b.PassToTimer();
    b.Settle(FitMetadata(1));
  }
}

TEST_CASE("Keeper: what OpenBao decided makes Status unhealthy at once") {
  for (const Error& error :
       {OpenBaoFailure(OpenBaoStatus::kPermissionDenied), OpenBaoFailure(OpenBaoStatus::kNotFound),
        OpenBaoFailure(OpenBaoStatus::kInvalidRequest), LoginRefused(), NoToken(),
        InvalidOpenBaoReply()}) {
    CAPTURE(error.message());
    KeeperBench b;
    b.Start();
    b.PassToTimer();
    b.Do(MetadataReadFailed{Reason::kUpsertCheckFailed, error});
    CHECK(b.Only<MetadataProbeEnded>().reason == Reason::kUpsertCheckFailed);
    CHECK(b.Only<MetadataProbeEnded>().error == error);
    CHECK(b.Reasons() == std::vector{Reason::kUpsertCheckFailed});
    CHECK(b.keeper.view().metadata_error == error.error_class());
    b.PassToTimer();
    b.Settle(FitMetadata(1));
    CHECK(b.Healthy());

    KeeperBench deep;
    deep.Start();
    ToDeepProbe(deep);
    deep.Do(DeepProbeFinished{DeepResult::kFailed, error});
    CHECK(deep.Reasons() == std::vector{Reason::kDeepProbeFailed});
  }
}

TEST_CASE("Keeper: a failure that follows a finding is the reason from then on") {
  KeeperBench b;
  b.Start();
  b.PassToTimer();
  b.Do(MetadataRead{FitMetadata(1), /*disable_upsert=*/false});
  REQUIRE(b.Reasons() == std::vector{Reason::kUpsertAllowed});
  b.PassToTimer();
  b.FailRead();
  CHECK(b.Reasons() == std::vector{Reason::kMetadataReadFailed});
}

TEST_CASE("Keeper: a failed deep probe is repeated soon and counts at the second time") {
  KeeperBench b;
  b.Start();
  ToDeepProbe(b);
  b.Deep(DeepResult::kFailed);
  CHECK(b.Only<DeepProbeEnded>().reason == Reason::kDeepProbeFailed);
  CHECK(b.Only<DeepProbeEnded>().error == OpenBaoFailure(OpenBaoStatus::kSealed));
  CHECK(b.Healthy());
  CHECK(b.keeper.NextTimer() == b.now.monotonic + 1s);
  b.PassToTimer();
  REQUIRE(b.Count<DeepProbe>() == 1);
  b.Deep(DeepResult::kFailed);
  CHECK(b.Reasons() == std::vector{Reason::kDeepProbeFailed});
  CHECK(b.keeper.NextTimer() == b.now.monotonic + 2s);
  b.PassToTimer();
  b.Deep(DeepResult::kOk);
  CHECK(b.Healthy());
}

TEST_CASE("Keeper: a deep probe that is wrong counts at once") {
  KeeperBench b;
  b.Start();
  ToDeepProbe(b);
  b.Deep(DeepResult::kInvalid);
  CHECK(b.Reasons() == std::vector{Reason::kDeepProbeInvalid});
}

TEST_CASE(
    "Keeper: while the deep probe's failure counts each good metadata probe asks for another") {
  KeeperBench b;
  b.Start();
  ToDeepProbe(b);
  b.Do(DeepProbeFinished{DeepResult::kFailed, OpenBaoFailure(OpenBaoStatus::kPermissionDenied)});
  CHECK_FALSE(b.Healthy());
  b.ToNextRead();
  b.Read(FitMetadata(1));
  CHECK(b.Count<DeepProbe>() == 1);
  CHECK_FALSE(b.Healthy());  // one probe's success never clears the other's failure
  b.Deep(DeepResult::kInvalid);
  CHECK(b.Reasons() == std::vector{Reason::kDeepProbeInvalid});
  b.ToNextRead();
  b.Settle(FitMetadata(1));
  CHECK(b.Healthy());
}

TEST_CASE("Keeper: a good deep probe never clears a metadata failure") {
  KeeperPolicy policy = TestPolicy();
  policy.max_staleness = 1h;
  KeeperBench b(testing::FirstRegistry(), policy);
  b.Start();
  bool deep_ended = false;
  for (int i = 0; i < 60 && !deep_ended; ++i) {
    b.PassToTimer();
    if (b.Count<ReadMetadata>() > 0) b.FailRead();
    if (b.Count<DeepProbe>() == 0) continue;
    b.Deep(DeepResult::kOk);
    deep_ended = true;
  }
  REQUIRE(deep_ended);
  CHECK(b.Reasons() == std::vector{Reason::kMetadataReadFailed});
}

TEST_CASE("Keeper: after three failures in a row the breaker is open and stops discoveries alone") {
  KeeperBench b;
  b.Start();
  b.PassToTimer();
  for (int i = 0; i < 3; ++i) {
    CHECK_FALSE(b.keeper.view().breaker_open);
    REQUIRE(b.Count<ReadMetadata>() == 1);
    b.FailRead();
    if (i < 2) b.PassToTimer();
  }
  CHECK(b.keeper.view().breaker_open);
  b.Want(2);
  CHECK(b.Count<ReadMetadata>() == 0);
  CHECK(b.Only<MetadataProbeEnded>().reason == Reason::kCircuitBreakerOpen);
  CHECK(b.Only<AnswerDiscovery>().result.error() == KeyDiscoveryFailed());
  CHECK(b.Reasons() == std::vector{Reason::kMetadataReadFailed});
  b.PassToTimer();
  CHECK(b.Count<ReadMetadata>() == 1);
  b.Settle(FitMetadata(1));
  CHECK(b.Healthy());
  CHECK_FALSE(b.keeper.view().breaker_open);
  b.Pass(31s);
  b.Want(2);
  CHECK(b.Count<ReadMetadata>() == 1);
}

TEST_CASE("Keeper: three failed deep probes open their own breaker") {
  KeeperBench b;
  b.Start();
  ToDeepProbe(b);
  for (int i = 0; i < 3; ++i) {
    CHECK_FALSE(b.keeper.view().breaker_open);
    REQUIRE(b.Count<DeepProbe>() == 1);
    b.Deep(i == 1 ? DeepResult::kInvalid : DeepResult::kFailed);
    if (i < 2) b.PassToTimer();
  }
  CHECK(b.keeper.view().breaker_open);
  CHECK(b.Reasons() == std::vector{Reason::kDeepProbeFailed});
  b.PassToTimer();
  b.Deep(DeepResult::kOk);
  CHECK_FALSE(b.keeper.view().breaker_open);
  CHECK(b.Healthy());
}

TEST_CASE("Keeper: ends of outages start no more than one probe a second") {
  KeeperBench b;
  b.Start();
  b.PassToTimer();
  for (int i = 0; i < 5; ++i) {  // far enough that the next repeat is 10 s away
    b.FailRead();
    if (i < 4) b.PassToTimer();
  }
  int reads = 0;
  for (int i = 0; i < 40; ++i) {  // four seconds
    b.Do(OpenBaoAnswers{});
    if (b.Count<ReadMetadata>() == 0) b.Do(TimerFired{});
    if (b.Count<ReadMetadata>() > 0) {
      ++reads;
      b.FailRead();
    }
    b.Pass(std::chrono::milliseconds(100));
  }
  CHECK(reads == 4);
}

TEST_CASE("Keeper: the end of an outage makes what failed in it due at once") {
  KeeperBench b;
  b.Start();
  b.Do(OpenBaoAnswers{});
  CHECK(b.actions.empty());  // nothing has failed
  b.PassToTimer();
  for (int i = 0; i < 4; ++i) {
    b.FailRead();
    if (i < 3) b.PassToTimer();
  }
  REQUIRE(b.keeper.view().breaker_open);
  b.Pass(3s);
  b.Do(OpenBaoAnswers{});
  CHECK(b.Count<ReadMetadata>() == 1);
  b.Settle(FitMetadata(1));
  CHECK(b.Healthy());
  CHECK(b.keeper.NextTimer() == b.now.monotonic + 30s);
}

TEST_CASE("Keeper: a probe that fails although OpenBao answers again is followed by another") {
  KeeperBench b;
  b.Start();
  for (int i = 0; i < 5; ++i) {
    b.PassToTimer();
    REQUIRE(b.Count<ReadMetadata>() == 1);
    if (i < 4) b.FailRead();  // the last one hangs in the outage
  }
  b.Pass(3s);
  b.Do(OpenBaoAnswers{});
  CHECK(b.actions.empty());
  b.FailRead();
  CHECK(b.Count<ReadMetadata>() == 1);
  b.FailRead();
  CHECK(b.Count<ReadMetadata>() == 0);  // once
  CHECK(b.keeper.NextTimer() > b.now.monotonic + 1s);
}

TEST_CASE("Keeper: probes that the policy denies open no breaker and say so every time") {
  const Error denial = OpenBaoFailure(OpenBaoStatus::kPermissionDenied);
  KeeperBench b;
  b.Start();
  for (int i = 0; i < 5; ++i) {
    b.ToNextRead();
    b.Do(MetadataReadFailed{Reason::kUpsertCheckFailed, denial});
    CHECK(b.keeper.view().metadata_error == ErrorClass::kTransitPolicyDenied);
    CHECK_FALSE(b.keeper.view().breaker_open);
  }
  KeeperBench deep;
  deep.Do(TimerFired{});
  deep.Read(FitMetadata(1));
  for (int i = 0; i < 5; ++i) {
    REQUIRE(deep.Count<DeepProbe>() == 1);
    deep.Do(DeepProbeFinished{DeepResult::kFailed, denial});
    CHECK(deep.keeper.view().deep_error == ErrorClass::kTransitPolicyDenied);
    CHECK_FALSE(deep.keeper.view().breaker_open);
    deep.PassToTimer();
    deep.Read(FitMetadata(1));
  }
}

TEST_CASE("Keeper: findings and refusals and failed saves never count for the breaker") {
  KeeperBench b;
  b.Start();
  TransitKeyMetadata bad = FitMetadata(1);
  bad.exportable = true;
  for (int i = 0; i < 5; ++i) {
    b.ToNextRead();
    b.Read(bad);
    CHECK(b.Reasons().front() == Reason::kProfileInvalid);
    b.ToNextRead();
    b.Do(MetadataRead{FitMetadata(1), false});
    CHECK_FALSE(b.keeper.view().breaker_open);
  }
  for (int i = 0; i < 5; ++i) {
    b.ToNextRead();
    b.Read(FitMetadata(2));
    b.SaveEnds(SaveResult::kFailed);
    CHECK_FALSE(b.keeper.view().breaker_open);
  }
}

}  // namespace
}  // namespace baokms::core
