// Failed saves (registry-and-rotation.md, "Save") and discovery ("Discovery on decrypt").
#include <doctest/doctest.h>

#include <algorithm>

#include "core/rotation/key_keeper.h"
#include "tests/support/core/keeper_bench.h"

namespace baokms::core {
namespace {

using testing::Candidate;
using testing::FitMetadata;
using testing::KeeperBench;
using testing::RegistryOf;
using testing::Snapshot;
using testing::TestPolicy;
using namespace std::chrono_literals;
using enum SnapshotState;

Registry Seen(std::int64_t count) {
  return RegistryOf({Snapshot(1, kActive), Candidate(2, count)});
}

TEST_CASE("Save: a failed one makes Status unhealthy and publishes nothing") {
  KeeperBench b;
  b.Start();
  b.PassToTimer();
  b.Read(FitMetadata(2));
  b.SaveEnds(SaveResult::kFailed);
  CHECK(b.Only<MetadataProbeEnded>().reason == Reason::kStateSaveFailed);
  CHECK_FALSE(b.Only<MetadataProbeEnded>().error);
  CHECK(b.Reasons() == std::vector{Reason::kStateSaveFailed});
  CHECK(b.keeper.registry()->pending() == nullptr);
  CHECK_FALSE(b.keeper.view().keys->decryptable.contains(testing::IdOf(2).str()));
}

TEST_CASE("Save: the exact candidate is retried before anything else is judged") {
  KeeperBench b;
  b.Start();
  b.PassToTimer();
  b.Read(FitMetadata(2));
  const Registry attempted = b.Only<Save>().next;
  for (const SaveResult result :
       {SaveResult::kFailed, SaveResult::kFailedFilesUnchanged, SaveResult::kForked}) {
    b.SaveEnds(result);
    b.ToNextRead();
    b.now.wall += 1000;
    b.Read(FitMetadata(3));
    CHECK(b.Only<Save>().next == attempted);
    CHECK(b.Only<Save>().published == b.keeper.registry());
  }
  b.SaveEnds(SaveResult::kSaved);
  CHECK(*b.keeper.registry() == attempted);
  // The metadata at hand is judged against what was only now saved.
  CHECK(b.Only<Save>().next.previous_hash() == attempted.current_hash());
  CHECK(b.Only<Save>().next.pending()->version.number() == 3);
  b.SaveEnds(SaveResult::kSaved);
  CHECK(b.Healthy());
}

TEST_CASE("Save: what a retried save brought is published before a discovery is told of it") {
  KeeperBench b;
  b.Start();
  b.PassToTimer();
  b.Read(FitMetadata(2));
  b.SaveEnds(SaveResult::kFailed);
  b.ToNextRead();
  b.Want(2, /*waiter=*/1, 60s);
  b.Read(FitMetadata(3));
  b.SaveEnds(SaveResult::kSaved);  // version 2; version 3 goes on to be saved
  REQUIRE(b.Count<Save>() == 1);
  REQUIRE(b.Only<AnswerDiscovery>().result);
  const auto position = [&](auto is) { return std::ranges::find_if(b.actions, is); };
  CHECK(position([](const KeeperAction& a) { return std::holds_alternative<Publish>(a); }) <
        position([](const KeeperAction& a) { return std::holds_alternative<AnswerDiscovery>(a); }));
  CHECK(b.keeper.view().keys->decryptable.contains(testing::IdOf(2).str()));
}

TEST_CASE("Save: files that hold neither state are a rollback and overwrite nothing") {
  KeeperBench b;
  b.Start();
  b.PassToTimer();
  b.Read(FitMetadata(2));
  b.SaveEnds(SaveResult::kForked);
  CHECK(b.Reasons() == std::vector{Reason::kStateUnavailable});
  CHECK(b.Count<Save>() == 0);
}

TEST_CASE("Save: one that only counts an observation is deferred while both files are unchanged") {
  KeeperBench b(Seen(1));
  b.Start(FitMetadata(2));
  b.ToNextRead(FitMetadata(2));
  const auto generation = b.keeper.registry()->generation();
  b.Read(FitMetadata(2));
  b.SaveEnds(SaveResult::kFailedFilesUnchanged);
  CHECK(b.Healthy());
  CHECK(b.keeper.view().persistence_degraded);
  CHECK(b.keeper.registry()->generation() == generation);
  CHECK_FALSE(b.Only<MetadataProbeEnded>().ok);
  CHECK(b.Only<MetadataProbeEnded>().reason == Reason::kStateSaveFailed);
  CHECK_FALSE(b.keeper.promotion_due());  // nothing durable: no delay runs
  for (int i = 0; i < 10; ++i) {          // fresh metadata keeps Status from going stale
    b.ToNextRead(FitMetadata(2));
    b.Read(FitMetadata(2));
    b.SaveEnds(SaveResult::kFailedFilesUnchanged);
    CHECK(b.Healthy());
  }
  b.ToNextRead(FitMetadata(2));
  b.Settle(FitMetadata(2));
  CHECK_FALSE(b.keeper.view().persistence_degraded);
  CHECK(b.keeper.registry()->generation() > generation);
}

TEST_CASE("Save: nothing is deferred when the files may have changed") {
  KeeperBench b(Seen(1));
  b.Start(FitMetadata(2));
  b.ToNextRead(FitMetadata(2));
  b.Read(FitMetadata(2));
  b.SaveEnds(SaveResult::kFailed);
  CHECK(b.Reasons() == std::vector{Reason::kStateSaveFailed});
  CHECK_FALSE(b.keeper.view().persistence_degraded);
}

TEST_CASE("Save: nothing is deferred when metadata no longer validates the published state") {
  KeeperBench b(Seen(1));
  b.Start(FitMetadata(2));
  b.ToNextRead(FitMetadata(2));
  b.Read(FitMetadata(2));
  b.SaveEnds(SaveResult::kFailedFilesUnchanged);
  REQUIRE(b.Healthy());
  b.ToNextRead(FitMetadata(2));
  TransitKeyMetadata redated = FitMetadata(2);
  ++redated.versions[0].created_at;
  b.Read(redated);
  b.SaveEnds(SaveResult::kFailedFilesUnchanged);
  CHECK_FALSE(b.Healthy());
}

TEST_CASE("Save: a deferred one never hides that the active version may not encrypt") {
  KeeperBench b(Seen(1));
  b.Start(FitMetadata(2));
  b.ToNextRead(FitMetadata(2));
  TransitKeyMetadata blocking = FitMetadata(2);
  blocking.min_encryption_version = 2;
  b.Read(blocking);
  b.SaveEnds(SaveResult::kFailedFilesUnchanged);
  CHECK_FALSE(b.Healthy());
}

TEST_CASE("Save: a promotion is never deferred") {
  KeeperBench b(Seen(2), TestPolicy(0s));
  b.Do(TimerFired{});
  b.Read(FitMetadata(2));
  b.Deep(DeepResult::kOk);
  b.SaveEnds(SaveResult::kFailedFilesUnchanged);
  CHECK_FALSE(b.Healthy());
  CHECK(b.ActiveVersion() == 1);
}

TEST_CASE("Save: a late promotion never clears a deep failure that came after its probe") {
  KeeperBench b(testing::FirstRegistry(), TestPolicy(0s));
  b.Start();
  for (int i = 0; i < 2; ++i) {
    b.ToNextRead(FitMetadata(2));
    b.Settle(FitMetadata(2));
  }
  b.ToNextRead(FitMetadata(2));
  b.Read(FitMetadata(2));
  REQUIRE(b.Only<DeepProbe>().version.number() == 2);
  b.Deep(DeepResult::kOk);
  b.SaveEnds(SaveResult::kFailed);
  while (b.Count<DeepProbe>() == 0) {  // the active version's own probe comes and fails
    b.PassToTimer();
    if (b.Count<ReadMetadata>() > 0) {
      b.Read(FitMetadata(2));
      b.SaveEnds(SaveResult::kFailed);
    }
  }
  b.Do(DeepProbeFinished{DeepResult::kFailed, OpenBaoFailure(OpenBaoStatus::kPermissionDenied)});
  b.ToNextRead(FitMetadata(2));
  b.Read(FitMetadata(2));
  b.SaveEnds(SaveResult::kSaved);
  REQUIRE(b.ActiveVersion() == 2);
  CHECK_FALSE(b.Healthy());
  CHECK(b.Only<DeepProbe>().version.number() == 2);
  b.Deep(DeepResult::kOk);
  CHECK(b.Healthy());
}

TEST_CASE("Discovery: one read of the configured key and what it finds decrypts once saved") {
  KeeperBench b;
  b.Start();
  b.Pass(1s);
  b.Want(2);
  CHECK(b.Count<ReadMetadata>() == 1);
  b.Read(FitMetadata(2));
  CHECK(b.Count<AnswerDiscovery>() == 0);
  CHECK(b.Only<Save>().next.pending()->stable_observation_count == 0);
  b.SaveEnds(SaveResult::kSaved);
  CHECK(b.Only<AnswerDiscovery>().result.has_value());
  CHECK(b.Only<CandidateFound>().candidate.version.number() == 2);
  CHECK(b.keeper.view().keys->decryptable.contains(testing::IdOf(2).str()));
  CHECK(b.Healthy());
}

TEST_CASE("Discovery: callers share one attempt and each is answered") {
  KeeperBench b;
  b.Start();
  b.Want(2, 1);
  b.Want(2, 2);
  CHECK(b.actions.empty());
  b.Want(3, 3);
  b.Read(FitMetadata(2));
  b.SaveEnds(SaveResult::kSaved);
  CHECK(b.Count<AnswerDiscovery>() == 3);
  CHECK(b.Count<ReadMetadata>() == 0);
}

TEST_CASE("Discovery: a caller first waits for the running probe and looks again") {
  KeeperBench b;
  b.Start();
  b.PassToTimer();
  REQUIRE(b.Count<ReadMetadata>() == 1);
  b.Want(2);
  CHECK(b.actions.empty());
  b.Read(FitMetadata(2));
  b.SaveEnds(SaveResult::kSaved);
  CHECK(b.Only<AnswerDiscovery>().result.has_value());
  CHECK(b.Count<ReadMetadata>() == 0);
}

TEST_CASE("Discovery: at most one attempt an interval and callers get its outcome") {
  KeeperBench b;
  b.Start();
  for (const bool fails : {true, false}) {
    CAPTURE(fails);
    b.Want(5, 1);
    REQUIRE(b.Count<ReadMetadata>() == 1);
    if (fails) {
      b.FailRead();
    } else {
      b.Read(FitMetadata(1));
    }
    const auto first = b.Only<AnswerDiscovery>().result;
    CHECK(first.has_value() == !fails);
    b.Pass(5s);
    b.Want(6, 2);
    CHECK(b.Count<ReadMetadata>() == 0);
    CHECK(b.Only<AnswerDiscovery>().result == first);
    if (fails) CHECK(first.error() == KeyDiscoveryFailed());
    CHECK(b.Healthy());  // a failed discovery proves nothing about the keys in use
    b.PassToTimer();
    b.Settle(FitMetadata(1));
    b.Pass(10s);
  }
}

TEST_CASE("Discovery: a caller leaves at its own deadline and cancels nothing") {
  KeeperBench b;
  b.Start();
  b.Want(2, 1, 1s);
  b.Want(2, 2, 4s);
  CHECK(b.keeper.NextTimer() == b.now.monotonic + 1s);
  b.PassToTimer();
  CHECK(b.Only<AnswerDiscovery>().waiter == 1);
  CHECK(b.Only<AnswerDiscovery>().result.error() == DeadlineExceeded());
  b.Read(FitMetadata(2));
  b.SaveEnds(SaveResult::kSaved);
  CHECK(b.Only<AnswerDiscovery>().waiter == 2);
  CHECK(b.Only<AnswerDiscovery>().result.has_value());
}

TEST_CASE("Discovery: a caller that leaves is forgotten and cancels nothing") {
  KeeperBench b;
  b.Start();
  b.Want(2, 1, 1s);
  b.Want(2, 2, 4s);
  b.Leave(1);
  CHECK(b.actions.empty());
  CHECK(b.keeper.NextTimer() == b.now.monotonic + 4s);
  b.Leave(9);  // nobody
  CHECK(b.actions.empty());
  b.Read(FitMetadata(2));
  b.SaveEnds(SaveResult::kSaved);
  CHECK(b.Only<AnswerDiscovery>().waiter == 2);
  b.Leave(2);  // late
  CHECK(b.actions.empty());
}

TEST_CASE("Discovery: one whose callers have left before its turn does not begin") {
  KeeperBench b;
  b.Start();
  b.PassToTimer();
  REQUIRE(b.Count<ReadMetadata>() == 1);
  b.Want(2);
  b.Leave(1);
  b.Read(FitMetadata(1));
  CHECK(b.Count<ReadMetadata>() == 0);
  CHECK(b.Count<AnswerDiscovery>() == 0);
}

TEST_CASE("Discovery: shutdown answers everyone who waits") {
  KeeperBench b;
  b.Start();
  b.Want(2, 1);
  b.Want(3, 2);
  b.Do(ShutdownBegan{});
  CHECK(b.Count<AnswerDiscovery>() == 2);
}

TEST_CASE("Discovery: starts no delay and promotes nothing and refreshes nothing") {
  KeeperBench b(RegistryOf({Snapshot(1, kActive), Candidate(2, 3, testing::kNow)}), TestPolicy(0s));
  b.Do(TimerFired{});
  b.FailRead();
  b.Want(3);
  b.Read(FitMetadata(2));
  CHECK(b.Count<DeepProbe>() == 0);
  CHECK(b.Count<Save>() == 0);
  CHECK_FALSE(b.keeper.promotion_due());
  CHECK_FALSE(b.keeper.view().verified_at);
  CHECK_FALSE(b.Healthy());
}

TEST_CASE("Discovery: makes all checks of a metadata probe") {
  KeeperBench b;
  b.Start();
  b.Want(2);
  b.Do(MetadataRead{FitMetadata(2), /*disable_upsert=*/false});
  CHECK(b.Only<AnswerDiscovery>().result.error() == KeyDiscoveryFailed());
  CHECK(b.keeper.registry()->pending() == nullptr);
  CHECK(b.Healthy());
}

TEST_CASE("Discovery: succeeds when the id is found even while encryption is blocked") {
  KeeperBench b;
  b.Start();
  TransitKeyMetadata metadata = FitMetadata(2);
  metadata.min_encryption_version = 2;
  b.Want(2);
  b.Read(metadata);
  b.SaveEnds(SaveResult::kSaved);
  CHECK(b.Only<AnswerDiscovery>().result.has_value());
}

TEST_CASE("Discovery: an id that cannot be saved is not found and Status says so") {
  KeeperBench b;
  b.Start();
  b.Want(2);
  b.Read(FitMetadata(2));
  b.SaveEnds(SaveResult::kFailed);
  CHECK(b.Only<AnswerDiscovery>().result.error() == KeyDiscoveryFailed());
  CHECK(b.Reasons() == std::vector{Reason::kStateSaveFailed});
}

TEST_CASE("Discovery: an attempt that ends in a deferred save has failed") {
  KeeperBench b(Seen(1));
  b.Start(FitMetadata(2));
  b.ToNextRead(FitMetadata(2));
  b.Read(FitMetadata(2));
  b.SaveEnds(SaveResult::kFailedFilesUnchanged);
  REQUIRE(b.Healthy());
  b.Want(3);
  b.Read(FitMetadata(3));
  b.SaveEnds(SaveResult::kFailedFilesUnchanged);
  CHECK(b.Only<AnswerDiscovery>().result.error() == KeyDiscoveryFailed());
  CHECK(b.Healthy());
}

}  // namespace
}  // namespace baokms::core
