#include "core/rotation/rotation.h"

#include <doctest/doctest.h>

#include <limits>

#include "core/rotation/bootstrap.h"
#include "tests/support/core/builders.h"

namespace baokms::core {
namespace {

using testing::Candidate;
using testing::FirstRegistry;
using testing::FitMetadata;
using testing::kNow;
using testing::RecordOf;
using testing::RegistryOf;
using testing::Snapshot;
using enum SnapshotState;

constexpr RotationPolicy kPolicy{.required_observations = 3};

std::expected<Observation, Reason> See(const Registry& registry, const TransitKeyMetadata& metadata,
                                       bool may_promote = false, UnixSeconds wall = kNow + 500) {
  return Observe(registry, metadata, kPolicy, ObservationKind::kRegular, may_promote, wall);
}

Registry Next(const Registry& registry, const TransitKeyMetadata& metadata,
              bool may_promote = false, UnixSeconds wall = kNow + 500) {
  const auto seen = See(registry, metadata, may_promote, wall);
  REQUIRE(seen.has_value());
  REQUIRE(seen->next.has_value());
  return *seen->next;
}

Reason RefusedObservation(const Registry& registry, const TransitKeyMetadata& metadata) {
  const auto seen = See(registry, metadata);
  REQUIRE(!seen.has_value());
  return seen.error();
}

TEST_CASE("Bootstrap: an unrotated key gives one active record at generation 1") {
  const auto first = Bootstrap(testing::Bind(), FitMetadata(1), kNow);
  REQUIRE(first.has_value());
  CHECK(*first == FirstRegistry());
  CHECK(first->generation() == 1);
  CHECK_FALSE(first->previous_hash());
}

TEST_CASE("Bootstrap: a wall clock before 1970 still writes times") {
  const auto first = Bootstrap(testing::Bind(), FitMetadata(1), -5);
  REQUIRE(first.has_value());
  CHECK(first->active().observed_at == 1);
  CHECK(Registry::Verify(first->ToDocument(), testing::Bind()).has_value());
}

TEST_CASE("Bootstrap: anything but an unrotated key fails closed and says why") {
  const auto why = [](const TransitKeyMetadata& metadata, Reason reason) {
    const auto first = Bootstrap(testing::Bind(), metadata, kNow);
    REQUIRE(!first.has_value());
    CHECK(first.error().reason == reason);
    return first.error().why;
  };
  CHECK(why(FitMetadata(2), Reason::kStateUnavailable) == "latest_version=2");
  TransitKeyMetadata metadata = FitMetadata(1);
  metadata.min_available_version = 2;
  CHECK(why(metadata, Reason::kStateUnavailable) == "min_available_version=2");
  metadata = FitMetadata(1);
  metadata.min_decryption_version = 2;
  CHECK(why(metadata, Reason::kProfileInvalid) == "min_decryption_version");
  metadata = FitMetadata(1);
  metadata.soft_deleted = true;
  CHECK(why(metadata, Reason::kProfileInvalid) == "soft_deleted");
  metadata = FitMetadata(1);
  metadata.versions.clear();
  CHECK(why(metadata, Reason::kProfileInvalid) == "creation_time_missing");
}

TEST_CASE("Observe: an unchanged key changes nothing") {
  const auto seen = See(FirstRegistry(), FitMetadata(1));
  REQUIRE(seen.has_value());
  CHECK_FALSE(seen->next);
  CHECK_FALSE(seen->promotes);
  CHECK_FALSE(seen->encryption_blocked);
}

TEST_CASE("Observe: a newer version becomes pending and every skipped one retired") {
  const Registry next = Next(FirstRegistry(), FitMetadata(4));
  CHECK(next.active().version.number() == 1);
  CHECK(RecordOf(next, 4).state == kPending);
  CHECK(RecordOf(next, 4).stable_observation_count == 1);
  CHECK(RecordOf(next, 4).observed_at == kNow + 500);
  for (const std::int64_t version : {2, 3}) {
    const KeySnapshot skipped = RecordOf(next, version);
    CHECK(skipped.state == kRetired);
    CHECK(skipped.observed_at == kNow + 500);
    CHECK(skipped.stable_observation_count == 0);
    CHECK(skipped.promoted_at == 0);
    CHECK(skipped.key_id == testing::IdOf(version));
  }
}

TEST_CASE("Observe: a skipped version without a creation time fails closed") {
  TransitKeyMetadata metadata = FitMetadata(3);
  metadata.versions.erase(metadata.versions.begin() + 1);
  CHECK(RefusedObservation(FirstRegistry(), metadata) == Reason::kProfileInvalid);
}

TEST_CASE("Observe: a candidate found by discovery counts 0 and its first observation makes it 1") {
  const auto found = Observe(FirstRegistry(), FitMetadata(2), kPolicy, ObservationKind::kDiscovery,
                             /*may_promote=*/true, kNow + 7);
  REQUIRE(found.has_value());
  REQUIRE(found->next);
  CHECK(RecordOf(*found->next, 2).stable_observation_count == 0);
  CHECK(RecordOf(*found->next, 2).observed_at == kNow + 7);
  const Registry next = Next(*found->next, FitMetadata(2));
  CHECK(RecordOf(next, 2).stable_observation_count == 1);
  CHECK(RecordOf(next, 2).observed_at == kNow + 7);
}

TEST_CASE("Observe: discovery counts nothing and promotes nothing") {
  for (const KeySnapshot& candidate : {Candidate(2, 2), Candidate(2, 3, kNow + 1)}) {
    const auto found =
        Observe(RegistryOf({Snapshot(1, kActive), candidate}), FitMetadata(2), kPolicy,
                ObservationKind::kDiscovery, /*may_promote=*/true, kNow + 7);
    REQUIRE(found.has_value());
    CHECK_FALSE(found->next);
    CHECK_FALSE(found->promotes);
  }
}

TEST_CASE("Observe: each observation is one generation until the required count and then none") {
  Registry registry = FirstRegistry();
  for (std::int64_t count = 1; count <= 3; ++count) {
    registry = Next(registry, FitMetadata(2), /*may_promote=*/false, kNow + 100 * count);
    CHECK(registry.generation() == count + 1);
    CHECK(registry.pending()->stable_observation_count == count);
    CHECK(registry.pending()->stable_at == (count == 3 ? kNow + 300 : 0));
  }
  const auto further = See(registry, FitMetadata(2));
  REQUIRE(further.has_value());
  CHECK_FALSE(further->next);
}

TEST_CASE("Observe: without a delay the observation that reaches the count promotes at once") {
  const Registry stable = RegistryOf({Snapshot(1, kActive), Candidate(2, 2)});
  const auto seen = See(stable, FitMetadata(2), /*may_promote=*/true);
  REQUIRE(seen.has_value());
  CHECK(seen->promotes);
  CHECK(seen->next->generation() == stable.generation() + 1);
  CHECK(seen->next->active().version.number() == 2);
}

TEST_CASE("Observe: a delay that is over promotes nothing that is not stable") {
  const auto seen = See(RegistryOf({Snapshot(1, kActive), Candidate(2, 1)}), FitMetadata(2),
                        /*may_promote=*/true);
  REQUIRE(seen.has_value());
  CHECK_FALSE(seen->promotes);
  CHECK(seen->next->active().version.number() == 1);
}

TEST_CASE("Observe: the promoted keeps its counters and the former active only its two times") {
  KeySnapshot former = Snapshot(1, kActive);
  former.stable_observation_count = 3;
  former.stable_at = kNow + 1;
  const Registry next = Next(RegistryOf({former, Candidate(2, 3, kNow + 50)}), FitMetadata(2),
                             /*may_promote=*/true);
  const KeySnapshot promoted = RecordOf(next, 2);
  CHECK(promoted.state == kActive);
  CHECK(promoted.stable_observation_count == 3);
  CHECK(promoted.stable_at == kNow + 50);
  CHECK(promoted.promoted_at == kNow + 500);
  const KeySnapshot retired = RecordOf(next, 1);
  CHECK(retired.state == kRetired);
  CHECK(retired.stable_observation_count == 0);
  CHECK(retired.stable_at == 0);
  CHECK(retired.observed_at == former.observed_at);
  CHECK(retired.promoted_at == former.promoted_at);
}

TEST_CASE("Observe: a newer candidate supersedes a pending one, which retires") {
  const Registry next =
      Next(RegistryOf({Snapshot(1, kActive), Candidate(2, 3, kNow + 1)}), FitMetadata(4));
  CHECK(RecordOf(next, 2).state == kRetired);
  CHECK(RecordOf(next, 2).stable_observation_count == 0);
  CHECK(RecordOf(next, 2).stable_at == 0);
  CHECK(RecordOf(next, 3).state == kRetired);
  CHECK(RecordOf(next, 4).state == kPending);
  CHECK(RecordOf(next, 4).stable_observation_count == 1);
}

TEST_CASE("Observe: times written are never before observedAtUnix whatever the wall clock does") {
  Registry registry = RegistryOf({Snapshot(1, kActive), Candidate(2, 2)});
  registry = Next(registry, FitMetadata(2), /*may_promote=*/false, kNow - 1000);
  CHECK(registry.pending()->stable_at == kNow);
  registry = Next(registry, FitMetadata(2), /*may_promote=*/true, -1);
  CHECK(registry.active().promoted_at == kNow);
  CHECK(Registry::Verify(registry.ToDocument(), testing::Bind()).has_value());
  const Registry early = Next(FirstRegistry(), FitMetadata(2), /*may_promote=*/false, 0);
  CHECK(early.pending()->observed_at == 1);
}

TEST_CASE("Observe: latest below active is a version rollback") {
  CHECK(RefusedObservation(RegistryOf({Snapshot(2, kActive)}), FitMetadata(1)) ==
        Reason::kVersionRollback);
}

TEST_CASE("Observe: a tolerated rollback still demands every retained identity") {
  const auto seen = Observe(RegistryOf({Snapshot(2, kActive)}), FitMetadata(1),
                            {.required_observations = 3, .reject_version_rollback = false},
                            ObservationKind::kRegular, false, kNow);
  REQUIRE(!seen.has_value());
  CHECK(seen.error() == Reason::kMetadataUnverified);
}

TEST_CASE("Observe: a vanished candidate is a rollback and never dropped") {
  for (const bool reject : {true, false}) {
    const auto seen = Observe(RegistryOf({Snapshot(1, kActive), Candidate(2, 1)}), FitMetadata(1),
                              {.required_observations = 3, .reject_version_rollback = reject},
                              ObservationKind::kRegular, false, kNow);
    REQUIRE(!seen.has_value());
    CHECK(seen.error() == Reason::kVersionRollback);
  }
}

TEST_CASE("Observe: a retained version of another creation second is refused") {
  const Registry registry =
      RegistryOf({Snapshot(2, kActive), Snapshot(3, kPending), Snapshot(1, kRetired)});
  for (std::size_t i = 0; i < 3; ++i) {
    TransitKeyMetadata metadata = FitMetadata(3);
    ++metadata.versions[i].created_at;
    CHECK(RefusedObservation(registry, metadata) == Reason::kMetadataUnverified);
  }
}

TEST_CASE("Observe: removed and rejected versions may be gone from Transit") {
  TransitKeyMetadata metadata = FitMetadata(3);
  metadata.versions.erase(metadata.versions.begin(), metadata.versions.begin() + 2);
  metadata.min_decryption_version = 3;
  CHECK(See(RegistryOf({Snapshot(3, kActive), Snapshot(2, kRejected), Snapshot(1, kRemoved)}),
            metadata)
            .has_value());
}

TEST_CASE("Observe: a rejected record above the active version is never made a candidate") {
  CHECK(RefusedObservation(RegistryOf({Snapshot(1, kActive), Snapshot(2, kRejected)}),
                           FitMetadata(2)) == Reason::kMetadataUnverified);
}

TEST_CASE("Observe: every finding blocks") {
  TransitKeyMetadata metadata = FitMetadata(1);
  metadata.deletion_allowed = true;
  CHECK(RefusedObservation(FirstRegistry(), metadata) == Reason::kProfileInvalid);
  metadata = FitMetadata(1);
  metadata.soft_deleted = true;
  CHECK(RefusedObservation(FirstRegistry(), metadata) == Reason::kProfileInvalid);
  metadata = FitMetadata(1);
  metadata.latest_version = 0;
  CHECK(RefusedObservation(FirstRegistry(), metadata) == Reason::kProfileInvalid);
}

TEST_CASE("Observe: an active version below min_encryption blocks encryption until promotion") {
  TransitKeyMetadata metadata = FitMetadata(2);
  metadata.min_encryption_version = 2;
  const auto pending = See(FirstRegistry(), metadata);
  REQUIRE(pending.has_value());
  CHECK(pending->encryption_blocked);
  REQUIRE(pending->next);  // observation goes on
  const auto stable = See(RegistryOf({Snapshot(1, kActive), Candidate(2, 3, kNow)}), metadata);
  REQUIRE(stable.has_value());
  CHECK(stable->encryption_blocked);
  const auto promoted = See(RegistryOf({Snapshot(1, kActive), Candidate(2, 3, kNow)}), metadata,
                            /*may_promote=*/true);
  REQUIRE(promoted.has_value());
  CHECK(promoted->promotes);
  CHECK_FALSE(promoted->encryption_blocked);
}

TEST_CASE("Observe: the last generation there is cannot be followed") {
  RegistryDocument document = FirstRegistry().ToDocument();
  document.previous_hash = document.current_hash;
  document.generation = std::numeric_limits<std::int64_t>::max();
  const auto last = Registry::Verify(testing::Signed(document), testing::Bind());
  REQUIRE(last.has_value());
  CHECK(RefusedObservation(*last, FitMetadata(2)) == Reason::kStatePublishFailed);
}

TEST_CASE("Observe: a count at the last number there is overflows nothing") {
  const Registry next = Next(
      RegistryOf({Snapshot(1, kActive), Candidate(2, std::numeric_limits<std::int64_t>::max())}),
      FitMetadata(2));
  CHECK(next.pending()->stable_observation_count == std::numeric_limits<std::int64_t>::max());
  CHECK(next.pending()->stable_at != 0);
}

TEST_CASE("DifferOnlyInStability: only a pending record's count and stable time may differ") {
  const Registry before =
      RegistryOf({Snapshot(2, kActive), Candidate(3, 1), Snapshot(1, kRetired)});
  const auto with = [&](auto change) {
    auto snapshots = before.snapshots();
    change(snapshots);
    return RegistryOf(snapshots);
  };
  CHECK(DifferOnlyInStability(before, with([](auto& s) { s[1] = Candidate(3, 2); })));
  CHECK(DifferOnlyInStability(before, with([](auto& s) { s[1] = Candidate(3, 3, kNow + 9); })));
  CHECK_FALSE(DifferOnlyInStability(before, with([](auto& s) { ++s[1].observed_at; })));
  CHECK_FALSE(DifferOnlyInStability(before, with([](auto& s) { ++s[0].promoted_at; })));
  CHECK_FALSE(DifferOnlyInStability(before, with([](auto& s) { ++s[2].observed_at; })));
  CHECK_FALSE(DifferOnlyInStability(before, with([](auto& s) { s.pop_back(); })));
  CHECK_FALSE(DifferOnlyInStability(before, with([](auto& s) { s[1] = Candidate(4, 1); })));
  CHECK_FALSE(DifferOnlyInStability(before, with([](auto& s) { s[1].state = kRetired; })));
}

}  // namespace
}  // namespace baokms::core
