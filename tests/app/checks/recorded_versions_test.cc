// What doctor says of the recorded versions, and that it never passes what serve would refuse.
#include "app/checks/recorded_versions.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "core/transit/transit_profile.h"
#include "tests/support/core/builders.h"

namespace baokms::app {
namespace {

using core::testing::FitMetadata;
using core::testing::RegistryOf;
using core::testing::Snapshot;
using enum core::SnapshotState;

// These records beside these metadata.
struct RecordedScene {
  core::Registry registry;
  core::TransitKeyMetadata metadata;
  core::CheckpointStatus checkpoint = core::CheckpointStatus::kCurrent;
  core::RotationPolicy policy{};

  RecordedVersions recorded() {
    const auto reliable = core::ReliableCreationTimes(metadata);
    REQUIRE(reliable);
    times = *reliable;
    return {.registry = registry,
            .checkpoint = checkpoint,
            .metadata = metadata,
            .times = times,
            .policy = policy,
            .wall = core::testing::kNow};
  }
  CheckResult State() { return JudgeState(recorded()); }
  CheckResult Restrictions() { return JudgeRestrictions(recorded()); }
  bool ServeAccepts() {
    const auto seen = core::Observe(registry, metadata, policy, core::ObservationKind::kRegular,
                                    /*may_promote=*/false, core::testing::kNow);
    return seen && !seen->encryption_blocked;
  }

  core::CreationTimes times{};
};

core::Registry Rotated() { return RegistryOf({Snapshot(2, kActive), Snapshot(1, kRetired)}); }

}  // namespace

TEST_CASE("Recorded versions: a state that serve accepts passes with its generation") {
  RecordedScene scene{.registry = Rotated(), .metadata = FitMetadata(3)};
  CHECK(scene.ServeAccepts());
  CHECK(scene.State().status == CheckStatus::kPass);
  CHECK(scene.State().message == "generation 2");
  CHECK(scene.Restrictions().status == CheckStatus::kPass);
  CHECK(scene.Restrictions().message.empty());
}

TEST_CASE("Recorded versions: a checkpoint that the next start mends is a warning") {
  RecordedScene scene{.registry = Rotated(), .metadata = FitMetadata(2)};
  scene.checkpoint = core::CheckpointStatus::kBehind;
  CHECK(scene.State().status == CheckStatus::kWarn);
  CHECK(scene.State().message == "generation 2, and the checkpoint is behind");
  scene.checkpoint = core::CheckpointStatus::kMissing;
  CHECK(scene.State().status == CheckStatus::kWarn);
  CHECK(scene.State().message == "generation 2, and there is no checkpoint");
}

TEST_CASE("Recorded versions: a latest version below the active one fails whatever the policy") {
  for (const bool reject : {true, false}) {
    CAPTURE(reject);
    RecordedScene scene{.registry = Rotated(), .metadata = FitMetadata(1)};
    scene.policy.reject_version_rollback = reject;
    CHECK_FALSE(scene.ServeAccepts());
    CHECK(scene.State().status == CheckStatus::kFail);
    CHECK(scene.State().message ==
          "OpenBao's latest version is older than this node's active version");
  }
}

TEST_CASE("Recorded versions: versions that are gone or made anew are named") {
  RecordedScene gone{.registry = RegistryOf({Snapshot(1, kActive), Snapshot(2, kPending)}),
                     .metadata = FitMetadata(1)};
  CHECK_FALSE(gone.ServeAccepts());
  CHECK(gone.State().status == CheckStatus::kFail);
  CHECK(gone.State().message == "version 2 no longer exists in the key");

  RecordedScene anew{.registry = Rotated(), .metadata = FitMetadata(2)};
  for (auto& version : anew.metadata.versions) ++version.created_at;
  CHECK_FALSE(anew.ServeAccepts());
  CHECK(anew.State().message == "version 2 was recreated; version 1 was recreated");
}

TEST_CASE("Recorded versions: what the minima forbid is named by the restrictions alone") {
  RecordedScene decryption{.registry = Rotated(), .metadata = FitMetadata(2)};
  decryption.metadata.min_decryption_version = 2;
  CHECK(decryption.ServeAccepts());
  CHECK(decryption.State().status == CheckStatus::kPass);
  CHECK(decryption.Restrictions().status == CheckStatus::kWarn);
  CHECK(decryption.Restrictions().message == "retired: version 1 is below min_decryption_version");
  CHECK(decryption.Restrictions().advice.find("retire-versions") != std::string::npos);

  RecordedScene trimmed{.registry = Rotated(), .metadata = FitMetadata(2)};
  trimmed.metadata.min_decryption_version = 2;
  trimmed.metadata.min_available_version = 2;
  trimmed.metadata.versions.erase(trimmed.metadata.versions.begin());
  CHECK(trimmed.ServeAccepts());
  CHECK(trimmed.State().status == CheckStatus::kPass);
  CHECK(trimmed.Restrictions().status == CheckStatus::kWarn);
  CHECK(trimmed.Restrictions().message == "retired: version 1 was trimmed");

  RecordedScene in_use{
      .registry = RegistryOf({Snapshot(2, kActive), Snapshot(3, kPending), Snapshot(1, kRetired)}),
      .metadata = FitMetadata(4)};
  in_use.metadata.min_decryption_version = 4;
  CHECK_FALSE(in_use.ServeAccepts());
  CHECK(in_use.Restrictions().status == CheckStatus::kFail);
  CHECK(in_use.Restrictions().message ==
        "version 2 is below min_decryption_version; version 3 is below min_decryption_version");

  RecordedScene blocked{.registry = Rotated(), .metadata = FitMetadata(3)};
  blocked.metadata.min_encryption_version = 3;
  CHECK_FALSE(blocked.ServeAccepts());
  CHECK(blocked.State().status == CheckStatus::kPass);
  CHECK(blocked.Restrictions().status == CheckStatus::kFail);
  CHECK(blocked.Restrictions().message == "the active version is below min_encryption_version");
}

TEST_CASE("Recorded versions: removed versions may be gone") {
  RecordedScene scene{.registry = RegistryOf({Snapshot(2, kActive), Snapshot(1, kRemoved)}),
                      .metadata = FitMetadata(2)};
  scene.metadata.min_decryption_version = 2;
  CHECK(scene.ServeAccepts());
  CHECK(scene.State().status == CheckStatus::kPass);
  CHECK(scene.Restrictions().status == CheckStatus::kPass);
}

TEST_CASE("Recorded versions: what serve refuses for another reason fails by that reason") {
  RecordedScene scene{.registry = RegistryOf({Snapshot(1, kActive), Snapshot(2, kRejected)}),
                      .metadata = FitMetadata(2)};
  CHECK_FALSE(scene.ServeAccepts());
  CHECK(scene.State().status == CheckStatus::kFail);
  CHECK(scene.State().message ==
        "serve would refuse this state with this metadata: metadata_unverified");
  // A version that only degrades does not explain it.
  RecordedScene degraded{
      .registry = RegistryOf({Snapshot(2, kActive), Snapshot(3, kRejected), Snapshot(1, kRetired)}),
      .metadata = FitMetadata(3)};
  degraded.metadata.min_decryption_version = 2;
  CHECK_FALSE(degraded.ServeAccepts());
  CHECK(degraded.State().status == CheckStatus::kFail);
}

}  // namespace baokms::app
