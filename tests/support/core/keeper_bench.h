// A KeyKeeper, the clock that the test moves, and the actions of the last step.
#pragma once

#include <doctest/doctest.h>

#include <optional>
#include <variant>
#include <vector>

#include "core/rotation/key_keeper.h"
#include "core/rotation/status.h"
#include "tests/support/core/builders.h"

namespace baokms::core::testing {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

inline KeeperPolicy TestPolicy(Duration activation_delay = minutes(10)) {
  return {.rotation = {.required_observations = 3},
          .activation_delay = activation_delay,
          .probe_interval = seconds(30),
          .deep_probe_interval = minutes(5),
          .start_retry_interval = seconds(2),
          .max_staleness = seconds(90),
          .probe_timeout = seconds(5),
          .plugin_version = "v0.1.0"};
}

class KeeperBench {
 public:
  explicit KeeperBench(std::optional<Registry> registry = FirstRegistry(),
                       KeeperPolicy policy = TestPolicy())
      : keeper(std::move(policy), Bind(), std::move(registry)) {}

  KeyKeeper keeper;
  ClockReading now{MonotonicTime(hours(1)), BootTime(hours(3)), kNow + 100};
  std::vector<KeeperAction> actions;

  void Do(const KeeperEvent& event) { actions = keeper.Step(event, now); }
  void Pass(Duration time) {
    now.monotonic += time;
    now.boot += time;
    now.wall += std::chrono::duration_cast<seconds>(time).count();
  }
  // Waits for the timer and fires it.
  void PassToTimer() {
    if (keeper.NextTimer() > now.monotonic) Pass(keeper.NextTimer() - now.monotonic);
    Do(TimerFired{});
  }

  template <typename A>
  int Count() const {
    int count = 0;
    for (const auto& action : actions) count += std::holds_alternative<A>(action) ? 1 : 0;
    return count;
  }
  template <typename A>
  A Only() const {
    REQUIRE(Count<A>() == 1);
    for (const auto& action : actions) {
      if (const auto* a = std::get_if<A>(&action)) return *a;
    }
    throw 0;
  }

  bool Healthy() const { return IsHealthy(keeper.view(), now.boot); }
  std::vector<Reason> Reasons() const { return UnhealthyReasons(keeper.view(), now.boot); }
  std::int64_t ActiveVersion() const { return keeper.registry()->active().version.number(); }

  void Read(const TransitKeyMetadata& metadata) { Do(MetadataRead{metadata, true}); }
  void FailRead() {
    Do(MetadataReadFailed{Reason::kMetadataReadFailed,
                          OpenBaoFailure(OpenBaoStatus::kUnavailable)});
  }
  void Deep(DeepResult result) {
    std::optional<Error> error;
    if (result == DeepResult::kFailed) error = OpenBaoFailure(OpenBaoStatus::kSealed);
    Do(DeepProbeFinished{result, error});
  }
  void SaveEnds(SaveResult result) { Do(SaveFinished{result}); }
  void Want(std::int64_t version, DiscoveryWaiter waiter = 1, Duration within = seconds(5)) {
    Do(DiscoveryWanted{waiter, IdOf(version), now.monotonic + within});
  }

  void Leave(DiscoveryWaiter waiter) { Do(DiscoveryUnwanted{waiter}); }

  // Carries out, successfully, whatever the last step asked for, until nothing is under way.
  void Settle(const TransitKeyMetadata& metadata) {
    for (int i = 0; i < 20; ++i) {
      if (Count<ReadMetadata>() > 0) {
        Read(metadata);
      } else if (Count<DeepProbe>() > 0) {
        Deep(DeepResult::kOk);
      } else if (Count<Save>() > 0) {
        SaveEnds(SaveResult::kSaved);
      } else {
        return;
      }
    }
    FAIL("the keeper never settles");
  }
  void Start(const TransitKeyMetadata& metadata = FitMetadata(1)) {
    Do(TimerFired{});
    Settle(metadata);
    REQUIRE(Healthy());
  }
  // The next regular metadata probe, up to its read; a deep probe under way succeeds, other due
  // work is carried out.
  void ToNextRead(const TransitKeyMetadata& metadata = FitMetadata(1)) {
    if (Count<DeepProbe>() > 0) Deep(DeepResult::kOk);
    for (int i = 0; i < 40; ++i) {
      PassToTimer();
      if (Count<ReadMetadata>() > 0) return;
      Settle(metadata);
    }
    FAIL("no metadata probe came");
  }
};

}  // namespace baokms::core::testing
