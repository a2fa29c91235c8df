// The key driver on a real control loop, with the state files in memory: what is saved before what
// is published, and what each failed save leaves behind. Which step is due is the keeper's to
// decide; its own tests are in tests/unit/core.
#include "app/serve/key_driver.h"

#include <doctest/doctest.h>

#include <deque>
#include <memory>
#include <optional>

#include "core/rotation/status.h"
#include "core/wire/sha256.h"
#include "tests/support/core/keeper_bench.h"
#include "tests/support/loop/fake_transit.h"
#include "tests/support/loop/loop_bench.h"
#include "tests/support/loop/recording_telemetry.h"
#include "tests/support/ports/counting_random.h"
#include "tests/support/ports/memory_state_store.h"

namespace baokms::app {
namespace {

using namespace std::chrono_literals;
using core::Reason;
using core::SnapshotState;
using core::testing::Bind;
using core::testing::Candidate;
using core::testing::FirstRegistry;
using core::testing::FitMetadata;
using core::testing::IdOf;
using core::testing::RegistryOf;
using core::testing::Snapshot;
using core::testing::TestPolicy;
using Log = std::vector<std::string>;

const Log kOneSave{"load", "state", "checkpoint"};

struct Answer {
  std::optional<core::Result<void>> result;
  std::unique_ptr<ports::PendingCall> wait;
  std::weak_ptr<int> kept;  // what the waiter's completion holds
};

struct KeyDriverBench : testing::LoopBench {
  testing::FakeTokens tokens{replies};
  testing::FakeTransit transit;
  baokms::testing::CountingRandom random;
  baokms::testing::MemoryStateStore store;
  testing::RecordingTelemetry telemetry;
  PublishedView view;
  KeyDriver driver;
  std::vector<ProbeReport> reports;
  std::deque<Answer> answers;

  // With `registry` recovered from files that hold it.
  explicit KeyDriverBench(std::optional<core::Registry> registry, std::int64_t latest = 1,
                          core::KeeperPolicy policy = TestPolicy())
      : transit(replies, FitMetadata(latest)),
        store(registry ? baokms::testing::MemoryStateStore(*registry)
                       : baokms::testing::MemoryStateStore()),
        driver(loop, {clock, tokens, transit, random, store, telemetry, view},
               core::KeyKeeper(std::move(policy), Bind(), registry)) {
    loop.Start();
  }
  ~KeyDriverBench() { loop.Stop(); }

  void Start() {
    driver.Start([this](const ProbeReport& report) { reports.push_back(report); });
    Run();
  }
  void NextProbe() { Pass(30s); }
  Answer& Discover(std::int64_t version, core::Duration within = 5s) {
    Answer& answer = answers.emplace_back();
    auto request = std::make_shared<int>();
    answer.kept = request;
    answer.wait =
        driver.Discover(IdOf(version), clock.Now().monotonic + within,
                        [&answer, request = std::move(request)](core::Result<void> result) {
                          REQUIRE_FALSE(answer.result.has_value());
                          answer.result = result;
                        });
    return answer;
  }
  bool Healthy() const { return core::IsHealthy(*view.Load(), clock.Now().boot); }
  std::int64_t ActiveVersion() const {
    REQUIRE(view.Load()->keys);
    return view.Load()->keys->active->snapshot.version.number();
  }
  bool Decrypts(std::int64_t version) const {
    return view.Load()->keys && view.Load()->keys->decryptable.contains(IdOf(version).str());
  }
  // The files hold a registry that a restart accepts, checkpoint included.
  std::int64_t HeldGeneration() const {
    REQUIRE(store.files.state);
    REQUIRE(store.files.checkpoint);
    const auto registry = core::Registry::Verify(*store.files.state, Bind());
    REQUIRE(registry);
    CHECK(registry->ToCheckpoint() == *store.files.checkpoint);
    return registry->generation();
  }
};

// Version 2 was seen once and waits for two more observations: the next one changes nothing but
// the count.
core::Registry Counting() {
  return RegistryOf({Candidate(2, 1), Snapshot(1, SnapshotState::kActive)});
}

core::Registry Foreign() {
  return RegistryOf({Snapshot(2, SnapshotState::kActive), Snapshot(1, SnapshotState::kRetired)});
}

}  // namespace

TEST_CASE("Key driver: bootstrap saves the state, then the checkpoint, and then publishes") {
  KeyDriverBench b(std::nullopt);
  bool published_before_save = false;
  b.store.before_save = [&b, &published_before_save] {
    published_before_save = published_before_save || b.view.Load()->keys != nullptr;
  };
  CHECK_FALSE(b.view.Load()->keys);
  b.Start();
  CHECK_FALSE(published_before_save);
  CHECK(b.store.log == kOneSave);
  CHECK(b.HeldGeneration() == 1);
  CHECK(b.Healthy());
  CHECK(b.ActiveVersion() == 1);
  CHECK(b.telemetry.lines() == Log{"observed ok", "metadata probe ok unhealthy version 1",
                                   "deep probe ok healthy version 1"});
  REQUIRE(b.reports.size() == 2);
  CHECK(b.reports.back().healthy);
  CHECK_FALSE(b.reports.back().reason);
}

TEST_CASE("Key driver: a rotated key is no bootstrap and nothing is written") {
  KeyDriverBench b(std::nullopt, 2);
  b.Start();
  CHECK(b.store.log.empty());
  CHECK_FALSE(b.Healthy());
  REQUIRE_FALSE(b.reports.empty());
  CHECK(b.reports.front().reason == Reason::kStateUnavailable);
  CHECK(b.reports.front().refusal == "latest_version=2");
  CHECK(b.telemetry.Told("metadata probe state_unavailable unhealthy version 0"));
}

TEST_CASE("Key driver: retired versions that no longer decrypt are told once and serve goes on") {
  KeyDriverBench b(
      RegistryOf({Snapshot(3, SnapshotState::kActive), Snapshot(2, SnapshotState::kRetired),
                  Snapshot(1, SnapshotState::kRetired)}),
      3);
  b.transit.metadata->min_decryption_version = 3;
  b.Start();
  CHECK(b.Healthy());
  CHECK(b.telemetry.Told("undecryptable 1-2"));
  CHECK(b.telemetry.Told("observed ok"));
  b.telemetry.Clear();
  b.NextProbe();
  CHECK(b.telemetry.Told("observed ok"));
  CHECK_FALSE(b.telemetry.Told("undecryptable 1-2"));
  b.transit.metadata->min_decryption_version = 1;
  b.NextProbe();
  CHECK(b.telemetry.Told("undecryptable "));
}

TEST_CASE("Key driver: files that another writer changed are never overwritten") {
  for (const bool bootstrap : {true, false}) {
    CAPTURE(bootstrap);
    KeyDriverBench b(bootstrap ? std::nullopt : std::optional(Counting()), bootstrap ? 1 : 2);
    b.store.Hold(Foreign());
    for (int i = 0; i < 3; ++i) {
      if (i == 0) {
        b.Start();
      } else {
        b.NextProbe();
      }
      CHECK(b.store.files.state == Foreign().ToDocument());
      CHECK(b.store.files.checkpoint == Foreign().ToCheckpoint());
      CHECK(b.store.log == Log{"load"});
      b.store.log.clear();
      CHECK_FALSE(b.Healthy());
      CHECK(b.view.Load()->metadata_reason == Reason::kStateUnavailable);
    }
    CHECK(b.telemetry.Told("observed state_unavailable"));
  }
}

TEST_CASE("Key driver: a state file that vanished is not written anew") {
  KeyDriverBench b(Counting(), 2);
  b.store.files = {};
  b.Start();
  CHECK(b.store.log == Log{"load"});
  CHECK_FALSE(b.store.files.state);
  CHECK(b.view.Load()->metadata_reason == Reason::kStateUnavailable);
}

TEST_CASE("Key driver: files that cannot be read are not written") {
  KeyDriverBench b(Counting(), 2);
  b.store.fail_load = true;
  b.Start();
  CHECK(b.store.log == Log{"load!"});
  CHECK(b.view.Load()->metadata_reason == Reason::kStateSaveFailed);
}

TEST_CASE("Key driver: a first state that cannot be saved is not published and is tried again") {
  KeyDriverBench b(std::nullopt);
  b.store.fail_state = true;
  b.Start();
  CHECK(b.store.log == Log{"load", "state!", "load"});
  CHECK_FALSE(b.view.Load()->keys);
  CHECK(b.view.Load()->metadata_reason == Reason::kStateSaveFailed);
  CHECK(b.telemetry.Told("observed state_save_failed"));
  b.store.fail_state = false;
  b.store.log.clear();
  b.Pass(2s);  // until healthy once, probes come every two seconds
  CHECK(b.store.log == kOneSave);
  CHECK(b.HeldGeneration() == 1);
  CHECK(b.ActiveVersion() == 1);
  CHECK(b.Healthy());
}

TEST_CASE("Key driver: a failed save of a count alone leaves Status healthy and is tried again") {
  KeyDriverBench b(FirstRegistry());
  b.Start();
  b.transit.metadata = FitMetadata(2);
  b.NextProbe();  // the candidate is known; from here on only its count changes
  const core::RegistryDocument held = *b.store.files.state;
  b.store.fail_state = true;
  b.NextProbe();
  CHECK(b.store.files.state == held);
  CHECK(b.view.Load()->persistence_degraded);
  CHECK(b.Healthy());
  CHECK(b.telemetry.Told("observed state_save_failed"));
  CHECK(b.telemetry.Told("metadata probe state_save_failed healthy version 1"));
  b.store.fail_state = false;
  b.NextProbe();
  CHECK_FALSE(b.view.Load()->persistence_degraded);
  CHECK(b.Healthy());
  CHECK(b.HeldGeneration() == held.generation + 2);  // the same candidate, then the next
}

TEST_CASE("Key driver: a state saved without its checkpoint is a failure until both are saved") {
  KeyDriverBench b(Counting(), 2);
  b.store.fail_checkpoint = true;
  b.Start();
  CHECK(b.store.log == Log{"load", "state", "checkpoint!", "load"});
  CHECK(b.store.files.state != Counting().ToDocument());
  CHECK(b.store.files.checkpoint == Counting().ToCheckpoint());
  CHECK_FALSE(b.view.Load()->persistence_degraded);  // the files changed: this is not the mild case
  CHECK(b.view.Load()->metadata_reason == Reason::kStateSaveFailed);
  CHECK_FALSE(b.Healthy());
  b.store.fail_checkpoint = false;
  b.NextProbe();
  CHECK(b.HeldGeneration() == Counting().generation() + 2);
  CHECK(b.Healthy());
}

TEST_CASE("Key driver: failed probes are told with their error") {
  KeyDriverBench b(FirstRegistry());
  b.transit.metadata =
      std::unexpected(core::OpenBaoFailure(core::OpenBaoStatus::kPermissionDenied));
  b.Start();
  CHECK(b.store.log.empty());
  CHECK(b.telemetry.lines() ==
        Log{"observed permission_denied",
            "metadata probe metadata_read_failed unhealthy version 1 transit_policy_denied"});
  REQUIRE(b.reports.size() == 1);
  CHECK(b.reports.front().error == core::OpenBaoFailure(core::OpenBaoStatus::kPermissionDenied));

  b.transit.metadata = FitMetadata(1);
  b.transit.encrypt_error = core::OpenBaoFailure(core::OpenBaoStatus::kSealed);
  b.Pass(2s);
  CHECK(b.telemetry.Told("deep probe deep_probe_failed unhealthy version 1 openbao_sealed"));
  REQUIRE(b.reports.size() == 3);
  CHECK(b.reports.back().reason == Reason::kDeepProbeFailed);
  CHECK(b.reports.back().error == core::OpenBaoFailure(core::OpenBaoStatus::kSealed));
}

TEST_CASE(
    "Key driver: an observation counts as OpenBao's word or auth_failed or the error's class") {
  struct Row {
    core::Error error;
    std::string label;
  };
  for (const Row& row :
       {Row{core::OpenBaoFailure(core::OpenBaoStatus::kSealed), "sealed"},
        Row{core::OpenBaoFailure(core::OpenBaoStatus::kNotFound), "not_found"},
        Row{core::OpenBaoFailure(core::OpenBaoStatus::kUnauthenticated), "auth_failed"},
        Row{core::LoginRefused(), "auth_failed"}, Row{core::NoToken(), "auth_failed"},
        Row{core::DeadlineExceeded(), "timeout"},
        Row{core::ShuttingDown(), std::string(Name(core::ShuttingDown().error_class()))}}) {
    CAPTURE(row.label);
    KeyDriverBench b(FirstRegistry());
    b.transit.metadata = std::unexpected(row.error);
    b.Start();
    CHECK(b.telemetry.lines().front() == "observed " + row.label);
  }
}

TEST_CASE("Key driver: an observation that fails without a failed call counts as its reason") {
  KeyDriverBench b(FirstRegistry());
  b.Start();
  b.transit.disable_upsert = false;
  b.NextProbe();
  CHECK(b.telemetry.Told("observed upsert_allowed"));
  b.transit.metadata = std::unexpected(core::OpenBaoFailure(core::OpenBaoStatus::kSealed));
  for (int i = 0; i < 3; ++i) b.NextProbe();
  CHECK_FALSE(b.telemetry.Told("observed circuit_breaker_open"));
  b.Discover(2);
  b.Run();
  CHECK(b.telemetry.Told("observed circuit_breaker_open"));
}

TEST_CASE("Key driver: a deep probe whose plaintext differs makes Status unhealthy") {
  KeyDriverBench b(FirstRegistry());
  b.transit.garble = true;
  b.Start();
  CHECK_FALSE(b.Healthy());
  CHECK(b.view.Load()->deep_reason == Reason::kDeepProbeInvalid);
  CHECK(b.telemetry.Told("deep probe deep_probe_invalid unhealthy version 1"));
}

TEST_CASE("Key driver: a discovered version decrypts when it is saved and not before") {
  KeyDriverBench b(FirstRegistry());
  b.Start();
  b.store.log.clear();
  b.transit.metadata = FitMetadata(2);
  bool decrypts_before_save = false;
  b.store.before_save = [&b, &decrypts_before_save] { decrypts_before_save = b.Decrypts(2); };
  const Answer& wanted = b.Discover(2);
  b.Run();
  CHECK_FALSE(decrypts_before_save);
  CHECK(b.store.log == kOneSave);
  REQUIRE(wanted.result);
  CHECK(wanted.result->has_value());
  CHECK(b.Decrypts(2));
  CHECK(b.ActiveVersion() == 1);
  CHECK(b.telemetry.Told("pending 2 " + core::PublicHash(IdOf(2).str())));
  CHECK(b.HeldGeneration() == 2);
}

TEST_CASE("Key driver: a discovery that cannot read Transit fails and Status stays healthy") {
  KeyDriverBench b(FirstRegistry());
  b.Start();
  b.transit.metadata = std::unexpected(core::OpenBaoFailure(core::OpenBaoStatus::kUnavailable));
  const Answer& wanted = b.Discover(2);
  b.Run();
  REQUIRE(wanted.result);
  REQUIRE_FALSE(wanted.result->has_value());
  CHECK(wanted.result->error() == core::KeyDiscoveryFailed());
  CHECK(b.Healthy());
}

TEST_CASE("Key driver: a discovery's deadline is kept while Transit is silent") {
  KeyDriverBench b(FirstRegistry());
  b.Start();
  const Answer& wanted = b.Discover(2, 3s);
  b.Settle();  // asked, and not answered
  CHECK_FALSE(wanted.result);
  b.clock.Pass(3s);
  b.Settle();
  REQUIRE(wanted.result);
  CHECK(wanted.result->error() == core::DeadlineExceeded());
  b.Run();  // the late reply does no harm
  CHECK(b.Healthy());
}

TEST_CASE("Key driver: a waiter that leaves is let go at once and the discovery goes on") {
  KeyDriverBench b(FirstRegistry());
  b.Start();
  b.transit.metadata = FitMetadata(2);
  const Answer& leaving = b.Discover(2);
  const Answer& staying = b.Discover(2);
  b.Settle();  // asked, and not answered
  CHECK_FALSE(leaving.kept.expired());
  leaving.wait->Abandon();
  leaving.wait->Abandon();  // no more than once
  b.Settle();
  REQUIRE(leaving.result);
  CHECK(leaving.result->error() == core::Cancelled());
  CHECK(leaving.kept.expired());
  CHECK_FALSE(staying.result);
  b.Run();
  REQUIRE(staying.result);
  CHECK(staying.result->has_value());
  CHECK(b.Decrypts(2));
  staying.wait->Abandon();  // late, and harmless
  b.Settle();
}

TEST_CASE("Key driver: a rotation is saved at each step and promoted and told once") {
  KeyDriverBench b(FirstRegistry(), 1, TestPolicy(/*activation_delay=*/0s));
  b.Start();
  b.transit.metadata = FitMetadata(2);
  for (int i = 0; i < 5 && b.ActiveVersion() == 1; ++i) b.NextProbe();
  CHECK(b.ActiveVersion() == 2);
  CHECK(b.Decrypts(1));
  CHECK(b.Healthy());
  const std::string promoted =
      "promoted 1 " + core::PublicHash(IdOf(1).str()) + " to 2 " + core::PublicHash(IdOf(2).str());
  CHECK(std::ranges::count(b.telemetry.lines(), promoted) == 1);
  CHECK(b.telemetry.Told("pending 2 " + core::PublicHash(IdOf(2).str())));
  const auto held = core::Registry::Verify(*b.store.files.state, Bind());
  REQUIRE(held);
  CHECK(held->active().version.number() == 2);
  CHECK(b.HeldGeneration() > 2);
}

TEST_CASE("Key driver: a wall clock that was set back is told") {
  KeyDriverBench b(FirstRegistry());
  b.Start();
  CHECK_FALSE(b.telemetry.Told("clock regressed"));
  b.clock.SetWall(b.clock.Now().wall - 3600);
  b.NextProbe();
  CHECK(b.telemetry.Told("clock regressed"));
}

TEST_CASE("Key driver: Stop answers all waiters now and from now on and starts nothing more") {
  KeyDriverBench b(FirstRegistry());
  b.Start();
  const Answer& waiting = b.Discover(2);
  b.Settle();
  b.driver.Stop();
  b.Settle();
  REQUIRE(waiting.result);
  CHECK(waiting.result->error() == core::ShuttingDown());
  const Answer& late = b.Discover(2);
  b.Settle();
  REQUIRE(late.result);
  CHECK(late.result->error() == core::ShuttingDown());
  b.transit.metadata = FitMetadata(2);
  const int reads = b.transit.metadata_reads;
  b.Run();  // the reply that was under way changes nothing
  b.Pass(1h);
  CHECK(b.transit.metadata_reads == reads);
  CHECK(b.store.log.empty());
  CHECK_FALSE(b.Decrypts(2));
}

TEST_CASE("Key driver: who asks when the loop has ended is answered at once") {
  KeyDriverBench b(FirstRegistry());
  b.Start();
  b.driver.Stop();
  b.loop.Stop();
  const Answer& late = b.Discover(2);
  REQUIRE(late.result);
  CHECK(late.result->error() == core::ShuttingDown());
}

}  // namespace baokms::app
