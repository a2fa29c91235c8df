// What a person reads above the fields of rotation-plan.
#include "app/versions/rotation_sentence.h"

#include <doctest/doctest.h>

#include "tests/support/core/builders.h"

namespace baokms::app {
namespace {

using core::testing::Bind;
using core::testing::Candidate;
using core::testing::FitMetadata;
using core::testing::kNow;
using core::testing::RegistryOf;
using core::testing::Snapshot;
using enum core::SnapshotState;

struct Told {
  std::optional<core::Registry> registry =
      RegistryOf({Snapshot(2, kActive), Snapshot(1, kRetired)});
  LiveKey key{.metadata = FitMetadata(2), .problem = {}};

  template <typename Judge>
  auto Look(Judge judge) const {
    const core::Registry::Identity identity = Bind();
    core::RegistryFiles files;
    files.recovered.registry = registry;
    files.recovered.checkpoint = core::CheckpointStatus::kCurrent;
    const RotationFacts facts{.name = "rotation-plan",
                              .identity = identity,
                              .files = files,
                              .key = key,
                              .policy = {.required_observations = 3},
                              .activation_delay = std::chrono::minutes(2),
                              .wall = kNow};
    return judge(ReportRotation(facts), facts);
  }

  bool IsOver() const {
    return Look(
        [](const RotationReport& report, const RotationFacts&) { return RotationIsOver(report); });
  }
  std::string Sentence() const { return Look(RotationSentence); }
};

}  // namespace

TEST_CASE("Rotation sentence: nothing is under way") {
  CHECK(Told().Sentence() ==
        "No rotation is under way: version 2 encrypts, and OpenBao has none newer.");
}

TEST_CASE("Rotation sentence: a version that this node has not seen") {
  Told told;
  told.key.metadata = FitMetadata(3);
  CHECK(told.Sentence() ==
        "OpenBao has version 3, which this node has not seen yet: a running provider sees it "
        "within status.probeInterval; until then version 2 encrypts.");
}

TEST_CASE("Rotation sentence: a pending version with what it still waits for") {
  Told told;
  told.key.metadata = FitMetadata(3);
  told.registry = RegistryOf({Snapshot(2, kActive), Candidate(3, 1)});
  CHECK(told.Sentence() ==
        "Version 3 is pending: 1 of 3 observations; it becomes active 2 min after the last of "
        "them at the earliest; until then version 2 encrypts.");
  told.registry = RegistryOf({Snapshot(2, kActive), Candidate(3, 3, kNow)});
  CHECK(told.Sentence() ==
        "Version 3 is pending: 3 of 3 observations; it becomes active at 2023-11-14T22:15:20Z at "
        "the earliest; until then version 2 encrypts.");
}

TEST_CASE("Rotation sentence: a node without a state and one that OpenBao does not answer") {
  Told told;
  told.registry.reset();
  CHECK(told.Sentence().starts_with("This node has no state, and serve cannot create one"));
  told.key.metadata = FitMetadata(1);
  CHECK(told.Sentence() == "This node has no state yet; serve creates it at its first start.");
  told.key = {.metadata = std::nullopt, .problem = "openbao_sealed: unseal it"};
  CHECK(told.Sentence().starts_with("OpenBao's metadata could not be read"));
}

TEST_CASE("Rotation sentence: a rotation is over when the newest version is active") {
  Told told;
  CHECK(told.IsOver());
  told.key.metadata = FitMetadata(3);
  CHECK_FALSE(told.IsOver());
  told.registry = RegistryOf({Snapshot(2, kActive), Candidate(3, 3, kNow)});
  CHECK_FALSE(told.IsOver());
  told.registry = RegistryOf({Snapshot(3, kActive), Snapshot(2, kRetired)});
  CHECK(told.IsOver());
  told.key = {.metadata = FitMetadata(3), .problem = "upsert_allowed"};
  CHECK_FALSE(told.IsOver());
  told.registry.reset();
  told.key = {.metadata = FitMetadata(1), .problem = {}};
  CHECK_FALSE(told.IsOver());
}

}  // namespace baokms::app
