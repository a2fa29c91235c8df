#include "tests/app/crash/rotation_history.h"

#include <algorithm>
#include <utility>

#include "adapters/state_file/file_state_store.h"
#include "core/registry/registry_opening.h"
#include "core/registry/registry_save.h"
#include "core/registry/retirement.h"

namespace baokms::app::crash {
namespace {

using adapters::state_file::FileStateStore;
using core::Registry;
using core::SnapshotState;
using core::testing::FitMetadata;
using core::testing::KeeperBench;

std::string NameOf(const Registry& registry) {
  std::string name = "generation " + std::to_string(registry.generation());
  for (const core::KeySnapshot& snapshot : registry.snapshots()) {
    name += ", " + std::string(core::Name(snapshot.state)) + " " +
            std::to_string(snapshot.version.number());
    if (snapshot.stable_observation_count > 0 && snapshot.state == SnapshotState::kPending) {
      name += " seen " + std::to_string(snapshot.stable_observation_count);
    }
  }
  return name;
}

// The node, and a list of what it was about to save.
class Recorder {
 public:
  // Probes until the newest record of `version` has this state.
  void RunUntil(std::int64_t latest, std::int64_t version, SnapshotState state) {
    const core::TransitKeyMetadata metadata = FitMetadata(latest);
    for (int probes = 0; probes < 200; ++probes) {
      node_.PassToTimer();
      while (auto save = Settle(node_, metadata, nullptr)) Record(*save, node_, metadata);
      const auto& registry = node_.keeper.registry();
      if (registry && Holds(*registry, version, state)) return;
    }
    FAIL("version " << version << " never became " << core::Name(state));
  }

  // Versions below the active one are removed, and one of them is restored.
  void ChangeByCommand(std::int64_t latest, std::int64_t restored) {
    const core::TransitKeyMetadata metadata = FitMetadata(latest);
    const std::optional<Registry> published = node_.keeper.registry();
    const auto retired = core::RetireVersions(*published, metadata, core::testing::Version(latest));
    REQUIRE(retired);
    Record({.published = published, .next = retired->next.value()}, std::nullopt, {});
    const auto with_restored =
        core::RestoreVersions(*retired->next, metadata, {core::testing::Version(restored)});
    REQUIRE(with_restored);
    Record({.published = *retired->next, .next = with_restored->next.value()}, std::nullopt, {});
    FileStateStore store(disk_, kStatePath);
    auto opened = core::OpenRegistry(store, HistoryIdentity());
    REQUIRE(opened);
    node_ = KeeperBench(*std::move(opened), Policy());
  }

  std::vector<SavePoint> points;

 private:
  static core::KeeperPolicy Policy() {
    return core::testing::TestPolicy(/*activation_delay=*/std::chrono::minutes(1));
  }

  static bool Holds(const Registry& registry, std::int64_t version, SnapshotState state) {
    return std::ranges::any_of(registry.snapshots(), [&](const core::KeySnapshot& snapshot) {
      return snapshot.version.number() == version && snapshot.state == state;
    });
  }

  void Record(const core::Save& save, const std::optional<KeeperBench>& node,
              const core::TransitKeyMetadata& metadata) {
    points.push_back({.name = NameOf(save.next),
                      .disk = disk_,
                      .save = save,
                      .node = node,
                      .metadata = metadata});
    {
      FileStateStore store(disk_, kStatePath);
      REQUIRE(store.Lock());
      REQUIRE(points.back().SaveOn(store) == core::SaveResult::kSaved);
    }
    disk_.EndProcess();
    if (node) node_.SaveEnds(core::SaveResult::kSaved);
  }

  FaultDisk disk_;
  KeeperBench node_{std::nullopt, Policy()};
};

std::vector<SavePoint> Live() {
  Recorder recorder;
  recorder.RunUntil(1, 1, SnapshotState::kActive);
  recorder.RunUntil(2, 2, SnapshotState::kActive);
  recorder.RunUntil(4, 4, SnapshotState::kPending);  // 3 is skipped
  recorder.RunUntil(5, 5, SnapshotState::kActive);   // 4 is superseded
  recorder.ChangeByCommand(/*latest=*/5, /*restored=*/4);
  recorder.RunUntil(6, 6, SnapshotState::kPending);
  return std::move(recorder.points);
}

}  // namespace

core::SaveResult SavePoint::SaveOn(ports::StateStore& store) const {
  if (node) return core::SaveRegistry(store, save);
  return core::SaveConfirmed(store, save.published->ToDocument(), save.next)
             ? core::SaveResult::kSaved
             : core::SaveResult::kFailed;
}

const core::Registry::Identity& HistoryIdentity() {
  static const core::Registry::Identity identity = core::testing::Bind();
  return identity;
}

const std::vector<SavePoint>& RotationHistory() {
  static const std::vector<SavePoint> history = Live();
  return history;
}

std::vector<SavePoint> SavesToTry() {
  if (kTryAll) return RotationHistory();
  std::vector<SavePoint> some;
  for (std::size_t i = 0; i < RotationHistory().size(); i += 10)
    some.push_back(RotationHistory()[i]);
  return some;
}

core::Registry FollowUp(const core::Registry& registry) {
  std::vector<core::KeySnapshot> snapshots = registry.snapshots();
  snapshots.push_back(core::testing::Candidate(9, 1));
  auto next = registry.Next(std::move(snapshots));
  REQUIRE(next);
  return *std::move(next);
}

std::optional<core::Save> Settle(KeeperBench& node, const core::TransitKeyMetadata& metadata,
                                 ports::StateStore* store) {
  for (int turn = 0; turn < 40; ++turn) {
    if (node.Count<core::ReadMetadata>() > 0) {
      node.Read(metadata);
    } else if (node.Count<core::DeepProbe>() > 0) {
      node.Deep(core::DeepResult::kOk);
    } else if (node.Count<core::Save>() > 0) {
      auto save = node.Only<core::Save>();
      if (store == nullptr) return save;
      node.SaveEnds(core::SaveRegistry(*store, save));
    } else {
      return std::nullopt;
    }
  }
  FAIL("the keeper never settles");
  return std::nullopt;
}

}  // namespace baokms::app::crash
