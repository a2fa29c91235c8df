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
using testing::kNow;
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

TEST_CASE("Keeper: the earliest promotion is known from the first observation on and comes true") {
  KeeperBench b;
  b.Start();
  CHECK_FALSE(b.keeper.earliest_promotion());
  b.ToNextRead();
  b.Settle(FitMetadata(2));
  REQUIRE(b.keeper.earliest_promotion());
  // Two further probes make it stable, and the delay is a whole number of intervals.
  const MonotonicTime earliest = *b.keeper.earliest_promotion();
  CHECK(earliest == b.now.monotonic + 30s + 30s + 10min);
  CHECK(b.keeper.view().earliest_promotion == earliest);
  while (b.ActiveVersion() == 1) {
    CHECK(b.keeper.earliest_promotion() == earliest);
    b.ToNextRead(FitMetadata(2));
    b.Settle(FitMetadata(2));
    REQUIRE(b.now.monotonic <= earliest);
  }
  CHECK(b.now.monotonic == earliest);
  CHECK_FALSE(b.keeper.earliest_promotion());
}

TEST_CASE("Keeper: a delay that ends between two probes promotes at the later one") {
  KeeperBench b(FirstRegistry(), TestPolicy(/*activation_delay=*/40s));
  b.Start();
  b.ToNextRead();
  b.Settle(FitMetadata(2));
  const MonotonicTime earliest = *b.keeper.earliest_promotion();
  CHECK(earliest == b.now.monotonic + 60s + 60s);
  while (b.ActiveVersion() == 1) {
    b.ToNextRead(FitMetadata(2));
    b.Settle(FitMetadata(2));
    REQUIRE(b.now.monotonic <= earliest);
  }
  CHECK(b.now.monotonic == earliest);
}

TEST_CASE("Keeper: after a restart the delay of a stable version starts with the next probe") {
  KeeperBench b(RegistryOf({Snapshot(1, SnapshotState::kActive), Candidate(2, 3, kNow)}));
  CHECK_FALSE(b.keeper.earliest_promotion());
  b.Start(FitMetadata(2));
  REQUIRE(b.keeper.promotion_due());
  CHECK(b.keeper.earliest_promotion() >= b.keeper.promotion_due());
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
