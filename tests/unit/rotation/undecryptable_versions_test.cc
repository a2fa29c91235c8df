// Versions that the key's minima forbid: a retired one degrades, an active or pending one makes
// Status unhealthy, and no minimum hides a key that was made anew (registry-and-rotation.md,
// "Transit metadata profile").
#include <doctest/doctest.h>

#include <vector>

#include "tests/support/core/keeper_bench.h"

namespace baokms::core {
namespace {

using testing::Candidate;
using testing::FitMetadata;
using testing::KeeperBench;
using testing::RecordOf;
using testing::RegistryOf;
using testing::Snapshot;
using testing::Version;
using enum SnapshotState;
using VersionList = std::vector<TransitKeyVersion>;

// As OpenBao answers it: versions that may not decrypt are not listed.
TransitKeyMetadata WithMinimum(std::int64_t latest, std::int64_t minimum) {
  TransitKeyMetadata metadata = FitMetadata(latest);
  metadata.min_decryption_version = minimum;
  std::erase_if(metadata.versions, [&](const auto& entry) { return entry.version < minimum; });
  return metadata;
}

TransitKeyMetadata TrimmedBelow(std::int64_t latest, std::int64_t minimum) {
  TransitKeyMetadata metadata = WithMinimum(latest, minimum);
  metadata.min_encryption_version = minimum;
  metadata.min_available_version = minimum;
  return metadata;
}

Registry ThirdActive() {
  return RegistryOf({Snapshot(3, kActive), Snapshot(2, kRetired), Snapshot(1, kRetired)});
}

std::expected<Observation, Reason> Look(const Registry& registry,
                                        const TransitKeyMetadata& metadata,
                                        ObservationKind kind = ObservationKind::kRegular) {
  return Observe(registry, metadata, {.required_observations = 3}, kind, /*may_promote=*/true,
                 testing::kNow + 500);
}

void CheckRefused(const Registry& registry, const TransitKeyMetadata& metadata,
                  Reason reason = Reason::kMetadataUnverified) {
  for (const auto kind : {ObservationKind::kRegular, ObservationKind::kDiscovery}) {
    const auto seen = Look(registry, metadata, kind);
    REQUIRE_FALSE(seen.has_value());
    CHECK(seen.error() == reason);
  }
}

TEST_CASE("Undecryptable: a retired version below a minimum is named and changes nothing") {
  for (const auto& metadata : {WithMinimum(3, 3), TrimmedBelow(3, 3)}) {
    const auto seen = Look(ThirdActive(), metadata);
    REQUIRE(seen.has_value());
    CHECK(seen->undecryptable == VersionList{Version(1), Version(2)});
    CHECK_FALSE(seen->next);
    CHECK_FALSE(seen->encryption_blocked);
  }
  CHECK(Look(ThirdActive(), WithMinimum(3, 2))->undecryptable == VersionList{Version(1)});
  CHECK(Look(ThirdActive(), FitMetadata(3))->undecryptable.empty());
}

TEST_CASE("Undecryptable: what is removed or rejected is not named") {
  const auto seen =
      Look(RegistryOf({Snapshot(3, kActive), Snapshot(2, kRejected), Snapshot(1, kRemoved)}),
           WithMinimum(3, 3));
  REQUIRE(seen.has_value());
  CHECK(seen->undecryptable.empty());
}

TEST_CASE("Undecryptable: newer versions are found, counted and promoted beside it") {
  for (const auto& metadata : {WithMinimum(5, 3), TrimmedBelow(5, 3)}) {
    const auto found = Look(ThirdActive(), metadata, ObservationKind::kDiscovery);
    REQUIRE(found.has_value());
    REQUIRE(found->next);
    CHECK(RecordOf(*found->next, 5).state == kPending);
    CHECK(RecordOf(*found->next, 4).state == kRetired);
    for (const std::int64_t kept : {1, 2}) CHECK(RecordOf(*found->next, kept).state == kRetired);

    Registry registry = *found->next;
    for (int i = 0; i < 3; ++i) {
      const auto seen = Look(registry, metadata);
      REQUIRE(seen.has_value());
      CHECK(seen->undecryptable == VersionList{Version(1), Version(2)});
      REQUIRE(seen->next);
      registry = *seen->next;
    }
    CHECK(registry.active().version == Version(5));
  }
}

TEST_CASE("Undecryptable: an active or pending version below a minimum is refused") {
  CheckRefused(RegistryOf({Snapshot(2, kActive), Snapshot(1, kRetired)}), WithMinimum(3, 3));
  CheckRefused(RegistryOf({Snapshot(2, kActive), Snapshot(1, kRetired)}), TrimmedBelow(3, 3));
  CheckRefused(RegistryOf({Snapshot(1, kActive), Candidate(2, 3, testing::kNow)}),
               WithMinimum(2, 2));
  CheckRefused(RegistryOf({Snapshot(1, kActive), Candidate(2, 1)}), WithMinimum(3, 3));
}

TEST_CASE("Undecryptable: no minimum hides a key that was made anew") {
  // The newer versions are other ones: what is hidden proves nothing.
  for (const std::int64_t minimum : {1, 2, 3}) {
    TransitKeyMetadata remade = WithMinimum(3, minimum);
    for (auto& entry : remade.versions) ++entry.created_at;
    CheckRefused(ThirdActive(), remade);
  }
  // A retired version that is listed must be the recorded one, also below a minimum.
  for (const std::int64_t minimum : {1, 3}) {
    TransitKeyMetadata remade = FitMetadata(3);
    remade.min_decryption_version = minimum;
    ++remade.versions[0].created_at;
    CheckRefused(ThirdActive(), remade);
  }
}

TEST_CASE("Undecryptable: a retired version that is missing without a minimum is refused") {
  TransitKeyMetadata metadata = FitMetadata(3);
  metadata.versions.erase(metadata.versions.begin());
  CheckRefused(ThirdActive(), metadata, Reason::kProfileInvalid);
}

TEST_CASE("Undecryptable: no minimum hides a version rollback") {
  CheckRefused(ThirdActive(), WithMinimum(2, 2), Reason::kVersionRollback);
  CheckRefused(RegistryOf({Snapshot(2, kActive), Candidate(3, 1), Snapshot(1, kRetired)}),
               WithMinimum(2, 2), Reason::kVersionRollback);
}

TEST_CASE("Keeper: a minimum above a retired version leaves Status healthy and is told once") {
  KeeperBench b(ThirdActive());
  b.Start(FitMetadata(3));
  CHECK(b.Count<UndecryptableChanged>() == 0);
  CHECK(DegradedReasons(b.keeper.view()).empty());

  b.ToNextRead(FitMetadata(3));
  b.Read(WithMinimum(3, 3));
  CHECK(b.Only<MetadataProbeEnded>().ok);
  CHECK(b.Only<UndecryptableChanged>().versions == VersionList{Version(1), Version(2)});
  CHECK(b.Healthy());
  CHECK(b.Reasons().empty());
  CHECK(DegradedReasons(b.keeper.view()) == std::vector{Reason::kRetiredVersionUndecryptable});
  CHECK(b.keeper.view().undecryptable == VersionList{Version(1), Version(2)});
  // The record stays: Decrypt asks Transit, whose error is the answer.
  CHECK(b.keeper.view().keys->decryptable.size() == 3);

  b.ToNextRead(WithMinimum(3, 3));
  b.Read(WithMinimum(3, 3));
  CHECK(b.Count<UndecryptableChanged>() == 0);
  b.ToNextRead(WithMinimum(3, 3));
  b.FailRead();
  CHECK(b.Count<UndecryptableChanged>() == 0);
  CHECK(DegradedReasons(b.keeper.view()).size() == 1);  // what was known stays known

  b.ToNextRead(FitMetadata(3));
  b.Read(WithMinimum(3, 2));
  CHECK(b.Only<UndecryptableChanged>().versions == VersionList{Version(1)});
  b.ToNextRead(WithMinimum(3, 2));
  b.Read(FitMetadata(3));
  CHECK(b.Only<UndecryptableChanged>().versions.empty());
  CHECK(DegradedReasons(b.keeper.view()).empty());
}

TEST_CASE("Keeper: a restart below a raised minimum gets healthy and rotates on") {
  KeeperBench b(ThirdActive(), testing::TestPolicy(std::chrono::minutes(1)));
  b.Start(TrimmedBelow(3, 3));
  CHECK(b.keeper.view().undecryptable.size() == 2);
  for (int i = 0; i < 10 && b.ActiveVersion() != 4; ++i) {
    b.ToNextRead(TrimmedBelow(4, 3));
    b.Settle(TrimmedBelow(4, 3));
    CHECK(b.Healthy());
  }
  CHECK(b.ActiveVersion() == 4);
  CHECK(b.keeper.view().undecryptable == VersionList{Version(1), Version(2)});
}

TEST_CASE("Keeper: a discovery finds a peer's version beside versions that no longer decrypt") {
  KeeperBench b(ThirdActive());
  b.Start(WithMinimum(3, 3));
  b.Want(4);
  b.Read(WithMinimum(4, 3));
  b.SaveEnds(SaveResult::kSaved);
  CHECK(b.Only<AnswerDiscovery>().result.has_value());
  CHECK(b.keeper.view().keys->decryptable.contains(testing::IdOf(4).str()));
  CHECK(b.Healthy());
}

TEST_CASE("Keeper: a deferred save of a count tells what no longer decrypts too") {
  KeeperBench b(RegistryOf({Snapshot(2, kActive), Candidate(3, 1), Snapshot(1, kRetired)}));
  b.Do(TimerFired{});
  b.Read(WithMinimum(3, 2));
  b.SaveEnds(SaveResult::kFailedFilesUnchanged);
  CHECK(b.Only<UndecryptableChanged>().versions == VersionList{Version(1)});
  CHECK(b.keeper.view().persistence_degraded);
}

TEST_CASE("Keeper: a minimum above the active version makes Status unhealthy at once") {
  KeeperBench b(ThirdActive());
  b.Start(FitMetadata(3));
  b.ToNextRead(FitMetadata(3));
  b.Read(WithMinimum(4, 4));
  CHECK(b.Only<MetadataProbeEnded>().reason == Reason::kMetadataUnverified);
  CHECK(b.Reasons() == std::vector{Reason::kMetadataUnverified});
  CHECK(b.Count<UndecryptableChanged>() == 0);
  CHECK_FALSE(b.keeper.registry()->pending());
}

}  // namespace
}  // namespace baokms::core
