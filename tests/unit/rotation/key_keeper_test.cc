// Probes, health and rotation of the keeper (registry-and-rotation.md, "Rotation", "Probes and
// Status cache").
#include "core/rotation/key_keeper.h"

#include <doctest/doctest.h>

#include "tests/support/core/keeper_bench.h"

namespace baokms::core {
namespace {

using testing::Candidate;
using testing::FirstRegistry;
using testing::FitMetadata;
using testing::KeeperBench;
using testing::RegistryOf;
using testing::Snapshot;
using testing::TestPolicy;
using namespace std::chrono_literals;
using enum SnapshotState;

Registry Stable() { return RegistryOf({Snapshot(1, kActive), Candidate(2, 3, testing::kNow)}); }

TEST_CASE("Keeper: the first timer reads metadata and a good one is followed by a deep probe") {
  KeeperBench b;
  CHECK(b.keeper.NextTimer() <= b.now.monotonic);
  b.Do(TimerFired{});
  CHECK(b.Only<ReadMetadata>().deadline == b.now.monotonic + 5s);
  b.Read(FitMetadata(1));
  CHECK(b.Only<MetadataProbeEnded>().ok);
  CHECK_FALSE(b.Only<MetadataProbeEnded>().reason);
  CHECK(b.Count<Publish>() == 1);
  CHECK_FALSE(b.Healthy());
  CHECK(b.Reasons() == std::vector{Reason::kDeepProbePending});
  CHECK(b.Only<DeepProbe>().version.number() == 1);
  CHECK(b.Only<DeepProbe>().deadline == b.now.monotonic + 5s);
  b.Deep(DeepResult::kOk);
  CHECK(b.Only<DeepProbeEnded>().ok);
  CHECK(b.Healthy());
  CHECK(b.keeper.NextTimer() == b.now.monotonic + 30s);
}

TEST_CASE("Keeper: without a state the first metadata bootstraps and is saved before it is used") {
  KeeperBench b(std::nullopt);
  b.Do(TimerFired{});
  CHECK(b.keeper.view().keys == nullptr);
  b.Read(FitMetadata(1));
  const Save save = b.Only<Save>();
  CHECK_FALSE(save.published);
  CHECK(save.next.generation() == 1);
  CHECK(b.keeper.view().keys == nullptr);
  b.SaveEnds(SaveResult::kSaved);
  CHECK(b.Count<Promoted>() == 0);
  CHECK(b.keeper.view().keys != nullptr);
  b.Settle(FitMetadata(1));
  CHECK(b.Healthy());
}

TEST_CASE("Keeper: a refused bootstrap is retried and says why") {
  KeeperBench b(std::nullopt);
  b.Do(TimerFired{});
  b.Read(FitMetadata(2));
  CHECK(b.Only<MetadataProbeEnded>().reason == Reason::kStateUnavailable);
  CHECK(b.keeper.refusal() == "latest_version=2");
  CHECK(b.keeper.NextTimer() == b.now.monotonic + 2s);
  b.PassToTimer();
  b.Settle(FitMetadata(1));
  CHECK(b.keeper.refusal().empty());
  CHECK(b.Healthy());
}

TEST_CASE("Keeper: a refused profile says which settings are wrong until it fits again") {
  for (const bool bootstrap : {true, false}) {
    CAPTURE(bootstrap);
    KeeperBench b(bootstrap ? std::nullopt : std::optional(FirstRegistry()));
    b.Do(TimerFired{});
    TransitKeyMetadata unfit = FitMetadata(1);
    unfit.exportable = true;
    unfit.deletion_allowed = true;
    b.Read(unfit);
    CHECK(b.Only<MetadataProbeEnded>().reason == Reason::kProfileInvalid);
    CHECK(b.keeper.refusal() == "exportable, deletion_allowed");
    b.PassToTimer();
    TransitKeyMetadata deleted = FitMetadata(1);
    deleted.soft_deleted = true;
    b.Read(deleted);
    CHECK(b.keeper.refusal() == "soft_deleted");
    b.PassToTimer();
    b.Do(MetadataRead{FitMetadata(1), /*disable_upsert=*/false});
    CHECK(b.keeper.refusal().empty());
    b.PassToTimer();
    b.Settle(FitMetadata(1));
    CHECK(b.keeper.refusal().empty());
    CHECK(b.Healthy());
  }
}

TEST_CASE("Keeper: until it was healthy once it retries at the start interval past any breaker") {
  KeeperBench b;
  b.Do(TimerFired{});
  for (int i = 0; i < 6; ++i) {
    b.FailRead();
    CHECK(b.keeper.NextTimer() == b.now.monotonic + 2s);
    b.PassToTimer();
    REQUIRE(b.Count<ReadMetadata>() == 1);
  }
  b.Settle(FitMetadata(1));
  CHECK(b.Healthy());
  CHECK(b.keeper.NextTimer() == b.now.monotonic + 30s);
}

TEST_CASE("Keeper: a failed metadata probe makes Status unhealthy with its reason and error") {
  KeeperBench b;
  b.Start();
  b.PassToTimer();
  b.Do(MetadataReadFailed{Reason::kUpsertCheckFailed,
                          OpenBaoFailure(OpenBaoStatus::kPermissionDenied)});
  const auto ended = b.Only<MetadataProbeEnded>();
  CHECK(ended.reason == Reason::kUpsertCheckFailed);
  CHECK(ended.error == OpenBaoFailure(OpenBaoStatus::kPermissionDenied));
  CHECK(b.keeper.view().metadata_error == ErrorClass::kTransitPolicyDenied);
  CHECK(b.Reasons() == std::vector{Reason::kUpsertCheckFailed});
  b.PassToTimer();
  b.Do(MetadataReadFailed{Reason::kMetadataReadFailed, NoToken()});
  CHECK(b.Only<MetadataProbeEnded>().error == NoToken());
  b.PassToTimer();
  b.Settle(FitMetadata(1));
  CHECK(b.Healthy());
  CHECK_FALSE(b.keeper.view().metadata_error);
}

TEST_CASE("Keeper: a mount that allows upserts is refused") {
  KeeperBench b;
  b.Start();
  b.PassToTimer();
  b.Do(MetadataRead{FitMetadata(1), /*disable_upsert=*/false});
  CHECK(b.Only<MetadataProbeEnded>().reason == Reason::kUpsertAllowed);
  CHECK_FALSE(b.Only<MetadataProbeEnded>().error);
  CHECK(b.Reasons() == std::vector{Reason::kUpsertAllowed});
}

TEST_CASE("Keeper: deep probes come at their interval") {
  KeeperBench b;
  b.Start();
  const MonotonicTime started = b.now.monotonic;
  while (b.Count<DeepProbe>() == 0) {
    b.PassToTimer();
    if (b.Count<ReadMetadata>() > 0) b.Read(FitMetadata(1));
  }
  CHECK(b.now.monotonic - started == 5min);
}

TEST_CASE("Keeper: after a failed deep probe each good metadata probe asks for another") {
  KeeperBench b;
  b.Start();
  while (b.Count<DeepProbe>() == 0) {
    b.PassToTimer();
    if (b.Count<ReadMetadata>() > 0) b.Read(FitMetadata(1));
  }
  b.Deep(DeepResult::kFailed);
  CHECK(b.Only<DeepProbeEnded>().reason == Reason::kDeepProbeFailed);
  CHECK(b.Only<DeepProbeEnded>().error == ErrorClass::kOpenBaoSealed);
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
  KeeperBench b;
  b.Start();
  bool deep_ended = false;
  for (int i = 0; i < 60 && !deep_ended; ++i) {
    b.PassToTimer();
    if (b.Count<ReadMetadata>() > 0) {
      b.FailRead();
    }
    if (b.Count<DeepProbe>() > 0) {
      b.Deep(DeepResult::kOk);
      deep_ended = true;
    }
  }
  REQUIRE(deep_ended);
  CHECK_FALSE(b.Healthy());
}

TEST_CASE("Keeper: the end of an outage makes what failed in it due at once") {
  KeeperBench b;
  b.Start();
  b.Do(OpenBaoAnswers{});
  CHECK(b.actions.empty());  // nothing has failed
  b.PassToTimer();
  b.FailRead();
  b.Pass(3s);
  b.Do(OpenBaoAnswers{});
  CHECK(b.Count<ReadMetadata>() == 1);
  b.Settle(FitMetadata(1));
  CHECK(b.Healthy());
  CHECK(b.keeper.NextTimer() == b.now.monotonic + 30s);
}

TEST_CASE("Keeper: the end of an outage is worth one trial of each open breaker") {
  KeeperBench b;
  b.Start();
  for (int i = 0; i < 3; ++i) {
    b.ToNextRead();
    b.FailRead();
  }
  REQUIRE(b.keeper.view().breaker_open);
  b.Do(OpenBaoAnswers{});
  REQUIRE(b.Count<ReadMetadata>() == 1);
  b.FailRead();
  CHECK(b.keeper.view().breaker_open);  // the trial failed: it rests again
  b.Pass(1s);
  b.Do(OpenBaoAnswers{});
  b.Settle(FitMetadata(1));
  REQUIRE(b.Healthy());

  while (b.Count<DeepProbe>() == 0) {
    b.PassToTimer();
    if (b.Count<ReadMetadata>() > 0) b.Read(FitMetadata(1));
  }
  for (int i = 0; i < 2; ++i) {
    b.Deep(DeepResult::kFailed);
    b.ToNextRead();
    b.Read(FitMetadata(1));
    REQUIRE(b.Count<DeepProbe>() == 1);
  }
  b.Deep(DeepResult::kFailed);
  REQUIRE(b.keeper.view().breaker_open);
  b.Do(OpenBaoAnswers{});
  b.Settle(FitMetadata(1));
  CHECK(b.Healthy());
}

TEST_CASE("Keeper: a probe that fails although OpenBao answers again is followed by another") {
  KeeperBench b;
  b.Start();
  b.PassToTimer();
  REQUIRE(b.Count<ReadMetadata>() == 1);  // it hangs in the outage
  b.Pass(3s);
  b.Do(OpenBaoAnswers{});
  CHECK(b.actions.empty());
  b.FailRead();
  CHECK(b.Count<ReadMetadata>() == 1);
  b.FailRead();
  CHECK(b.Count<ReadMetadata>() == 0);  // once
  CHECK(b.keeper.NextTimer() > b.now.monotonic + 1s);
}

TEST_CASE("Keeper: ends of outages start no more than one probe a second") {
  KeeperBench b;
  b.Start();
  b.PassToTimer();
  b.FailRead();
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

TEST_CASE("Keeper: three failed reads open the breaker and 30 s later one trial is made") {
  KeeperBench b;
  b.Start();
  for (int i = 0; i < 3; ++i) {
    CHECK_FALSE(b.keeper.view().breaker_open);
    b.PassToTimer();
    REQUIRE(b.Count<ReadMetadata>() == 1);
    b.FailRead();
  }
  CHECK(b.keeper.view().breaker_open);
  b.Pass(10s);
  b.Want(2);  // while open, discovery fails without a call too
  CHECK(b.Count<ReadMetadata>() == 0);
  CHECK(b.Only<MetadataProbeEnded>().reason == Reason::kCircuitBreakerOpen);
  CHECK(b.Only<AnswerDiscovery>().result.error() == KeyDiscoveryFailed());
  b.PassToTimer();
  CHECK(b.Count<ReadMetadata>() == 1);  // the trial
  b.FailRead();
  b.Pass(29s);
  b.Do(TimerFired{});
  CHECK(b.Count<ReadMetadata>() == 0);
  b.PassToTimer();
  b.Settle(FitMetadata(1));
  CHECK(b.Healthy());
  CHECK_FALSE(b.keeper.view().breaker_open);
}

TEST_CASE("Keeper: while the breaker is open a due metadata probe counts as failed") {
  KeeperPolicy policy = TestPolicy();
  policy.probe_interval = 10s;
  KeeperBench b(testing::FirstRegistry(), policy);
  b.Start();
  for (int i = 0; i < 3; ++i) {
    b.PassToTimer();
    b.FailRead();
  }
  b.PassToTimer();
  CHECK(b.Count<ReadMetadata>() == 0);
  CHECK(b.Only<MetadataProbeEnded>().reason == Reason::kCircuitBreakerOpen);
  CHECK_FALSE(b.Only<MetadataProbeEnded>().error);
  CHECK(b.Reasons().front() == Reason::kCircuitBreakerOpen);
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

TEST_CASE("Keeper: three failed deep probes open their own breaker") {
  KeeperPolicy policy = TestPolicy();
  policy.probe_interval = 5s;
  KeeperBench b(testing::FirstRegistry(), policy);
  b.Start();
  while (b.Count<DeepProbe>() == 0) {
    b.PassToTimer();
    if (b.Count<ReadMetadata>() > 0) b.Read(FitMetadata(1));
  }
  for (int i = 0; i < 3; ++i) {
    REQUIRE(b.Count<DeepProbe>() == 1);
    b.Deep(i == 1 ? DeepResult::kInvalid : DeepResult::kFailed);
    b.ToNextRead();
    b.Read(FitMetadata(1));
  }
  CHECK(b.Count<DeepProbe>() == 0);
  CHECK(b.Only<DeepProbeEnded>().reason == Reason::kCircuitBreakerOpen);
  CHECK(b.keeper.view().breaker_open);
  CHECK(b.Reasons() == std::vector{Reason::kCircuitBreakerOpen});
}

TEST_CASE("Keeper: an active version that may not encrypt blocks and skips the deep probe") {
  KeeperBench b;
  b.Start();
  TransitKeyMetadata metadata = FitMetadata(2);
  metadata.min_encryption_version = 2;
  for (int i = 0; i < 12; ++i) {
    b.ToNextRead(metadata);
    b.Read(metadata);
    CHECK(b.Count<DeepProbe>() == 0);
    if (b.Count<Save>() > 0) b.SaveEnds(SaveResult::kSaved);
    CHECK(b.Reasons() == std::vector{Reason::kEncryptionBlocked});
    CHECK_FALSE(b.keeper.view().breaker_open);
  }
  CHECK(b.keeper.registry()->pending()->stable_at != 0);  // observation went on
  for (int i = 0; i < 40 && b.ActiveVersion() == 1; ++i) {
    b.PassToTimer();
    b.Settle(metadata);
  }
  CHECK(b.ActiveVersion() == 2);
  CHECK(b.Healthy());
}

TEST_CASE("Keeper: a candidate is counted and saved one generation an observation") {
  KeeperBench b;
  b.Start();
  for (std::int64_t count = 1; count <= 3; ++count) {
    b.ToNextRead(FitMetadata(2));
    b.Read(FitMetadata(2));
    const Save save = b.Only<Save>();
    CHECK(save.published == b.keeper.registry());
    CHECK(save.next.generation() == count + 1);
    CHECK(b.keeper.registry()->generation() == count);
    b.SaveEnds(SaveResult::kSaved);
    CHECK(b.keeper.registry()->generation() == count + 1);
    CHECK(b.Count<CandidateFound>() == (count == 1 ? 1 : 0));
    CHECK(b.Healthy());
  }
  b.ToNextRead(FitMetadata(2));
  b.Read(FitMetadata(2));
  CHECK(b.Count<Save>() == 0);
}

TEST_CASE("Keeper: the activation delay starts when the stable state is durable and published") {
  KeeperBench b(RegistryOf({Snapshot(1, kActive), Candidate(2, 1)}));
  b.Start(FitMetadata(2));
  CHECK_FALSE(b.keeper.promotion_due());
  b.ToNextRead(FitMetadata(2));
  b.Read(FitMetadata(2));
  REQUIRE(b.Only<Save>().next.pending()->stable_at != 0);
  CHECK_FALSE(b.keeper.promotion_due());
  b.Pass(3s);  // the disk is slow
  b.SaveEnds(SaveResult::kSaved);
  CHECK(b.keeper.promotion_due() == b.now.monotonic + 10min);
}

TEST_CASE("Keeper: promotes at the first good observation after the delay and never before") {
  KeeperBench b(Stable());
  b.Start(FitMetadata(2));
  REQUIRE(b.keeper.promotion_due());
  const MonotonicTime due = *b.keeper.promotion_due();
  CHECK(due >= b.now.monotonic + 10min - 1s);  // a restart starts it again
  while (b.ActiveVersion() == 1) {
    b.ToNextRead(FitMetadata(2));
    b.Read(FitMetadata(2));
    if (b.now.monotonic < due) {
      CHECK(b.Count<Save>() == 0);
      CHECK(b.ActiveVersion() == 1);
      b.Settle(FitMetadata(2));
      continue;
    }
    CHECK(b.Only<DeepProbe>().version.number() == 2);  // before its promotion is saved
    CHECK(b.Count<Save>() == 0);
    b.Deep(DeepResult::kOk);
    CHECK(b.Only<Save>().next.active().version.number() == 2);
    CHECK(b.ActiveVersion() == 1);
    b.SaveEnds(SaveResult::kSaved);
    CHECK(b.Only<Promoted>().now.version.number() == 2);
    CHECK(b.Only<Promoted>().before.version.number() == 1);
  }
  CHECK(b.now.monotonic >= due);
  CHECK(b.Healthy());
  CHECK_FALSE(b.keeper.promotion_due());
}

TEST_CASE("Keeper: wall-clock jumps and suspend never shorten the activation delay") {
  KeeperBench b(Stable());
  b.Start(FitMetadata(2));
  b.now.wall += 1'000'000;
  b.now.boot += 1h;
  b.ToNextRead(FitMetadata(2));
  b.Read(FitMetadata(2));
  b.Settle(FitMetadata(2));
  CHECK(b.ActiveVersion() == 1);
  b.now.wall -= 2'000'000;
  b.ToNextRead(FitMetadata(2));
  b.Read(FitMetadata(2));
  CHECK(b.Count<WallClockRegressed>() == 1);
  CHECK(b.ActiveVersion() == 1);
}

TEST_CASE("Keeper: a superseding candidate has a delay of its own") {
  KeeperBench b(Stable());
  b.Start(FitMetadata(2));
  REQUIRE(b.keeper.promotion_due());
  b.ToNextRead(FitMetadata(2));
  b.Read(FitMetadata(3));
  b.SaveEnds(SaveResult::kSaved);
  CHECK_FALSE(b.keeper.promotion_due());
  b.Pass(10min);
  for (int i = 0; i < 2; ++i) {
    b.ToNextRead(FitMetadata(3));
    b.Settle(FitMetadata(3));
  }
  CHECK(b.ActiveVersion() == 1);
  REQUIRE(b.keeper.promotion_due());
  CHECK(*b.keeper.promotion_due() > b.now.monotonic + 9min);
}

TEST_CASE("Keeper: a failed candidate probe postpones the promotion and Status stays healthy") {
  KeeperBench b(RegistryOf({Snapshot(1, kActive), Candidate(2, 2)}), TestPolicy(0s));
  b.Do(TimerFired{});
  b.Read(FitMetadata(2));
  REQUIRE(b.Only<DeepProbe>().version.number() == 2);
  b.Deep(DeepResult::kFailed);
  CHECK(b.Count<Promoted>() == 0);
  const Save save = b.Only<Save>();  // what was observed counts all the same
  CHECK(save.next.active().version.number() == 1);
  CHECK(save.next.pending()->stable_at != 0);
  b.SaveEnds(SaveResult::kSaved);
  b.Settle(FitMetadata(2));
  CHECK(b.ActiveVersion() == 1);
  CHECK(b.Healthy());
  b.ToNextRead(FitMetadata(2));
  b.Settle(FitMetadata(2));
  CHECK(b.ActiveVersion() == 2);
  CHECK(b.Healthy());
}

TEST_CASE("Keeper: however often a candidate probe fails Status never turns unhealthy for it") {
  KeeperPolicy policy = TestPolicy(0s);
  policy.probe_interval = 5s;
  policy.deep_probe_interval = 17s;
  KeeperBench b(testing::FirstRegistry(), policy);
  b.Start();
  bool candidate_failed = false;
  for (int i = 0; i < 60; ++i) {
    b.PassToTimer();
    for (int k = 0; k < 6; ++k) {
      if (b.Count<ReadMetadata>() > 0) {
        b.Read(FitMetadata(2));
      } else if (b.Count<DeepProbe>() > 0) {
        const bool candidate = b.Only<DeepProbe>().version.number() == 2;
        candidate_failed = candidate_failed || candidate;
        b.Deep(candidate ? DeepResult::kFailed : DeepResult::kOk);
      } else if (b.Count<Save>() > 0) {
        b.SaveEnds(SaveResult::kSaved);
      }
    }
    REQUIRE(b.Healthy());
  }
  CHECK(candidate_failed);
  CHECK(b.ActiveVersion() == 1);
}

TEST_CASE("Keeper: deep probes go on after a promotion at the very first observation") {
  KeeperBench b(Stable(), TestPolicy(0s));
  b.Do(TimerFired{});
  b.Settle(FitMetadata(2));
  CHECK(b.ActiveVersion() == 2);
  CHECK(b.Healthy());
  CHECK(b.keeper.NextTimer() == b.now.monotonic + 30s);
  bool deep = false;
  for (int i = 0; i < 20 && !deep; ++i) {
    b.PassToTimer();
    if (b.Count<ReadMetadata>() > 0) b.Read(FitMetadata(2));
    deep = b.Count<DeepProbe>() > 0;
    b.Settle(FitMetadata(2));
  }
  CHECK(deep);
}

TEST_CASE("Keeper: after shutdown nothing is begun") {
  KeeperBench b;
  b.Start();
  b.Do(ShutdownBegan{});
  CHECK(b.keeper.NextTimer() == MonotonicTime::max());
  b.Pass(1h);
  b.Do(TimerFired{});
  CHECK(b.actions.empty());
  b.Want(2, 7);
  CHECK(b.Only<AnswerDiscovery>().waiter == 7);
  CHECK(b.Only<AnswerDiscovery>().result.error() == ShuttingDown());
}

}  // namespace
}  // namespace baokms::core
