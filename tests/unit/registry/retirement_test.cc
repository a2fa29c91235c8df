#include "core/registry/retirement.h"

#include <doctest/doctest.h>

#include <limits>

#include "core/rotation/rotation.h"
#include "tests/support/core/builders.h"

namespace baokms::core {
namespace {

using testing::Bind;
using testing::FitMetadata;
using testing::RecordOf;
using testing::RegistryOf;
using testing::Signed;
using testing::Snapshot;
using testing::Version;
using enum SnapshotState;
using Versions = std::set<TransitKeyVersion>;

// Active 4; 3 and 2 retired; 1 removed.
Registry Rotated() {
  return RegistryOf(
      {Snapshot(4, kActive), Snapshot(3, kRetired), Snapshot(2, kRetired), Snapshot(1, kRemoved)});
}

// As OpenBao answers it: versions that may not decrypt are not listed.
TransitKeyMetadata WithMinDecryption(std::int64_t latest, std::int64_t oldest) {
  TransitKeyMetadata metadata = FitMetadata(latest);
  metadata.min_decryption_version = oldest;
  std::erase_if(metadata.versions, [&](const auto& entry) { return entry.version < oldest; });
  return metadata;
}

TransitKeyMetadata Trimmed(std::int64_t latest, std::int64_t oldest) {
  TransitKeyMetadata metadata = WithMinDecryption(latest, oldest);
  metadata.min_available_version = oldest;
  return metadata;
}

std::vector<std::int64_t> Numbers(const std::vector<KeySnapshot>& snapshots) {
  std::vector<std::int64_t> numbers;
  for (const KeySnapshot& snapshot : snapshots) numbers.push_back(snapshot.version.number());
  return numbers;
}

RegistryChange Planned(const std::expected<RegistryChange, ChangeRefusal>& plan) {
  if (!plan) FAIL(plan.error().text);
  return *plan;
}

std::string RefusedChange(const std::expected<RegistryChange, ChangeRefusal>& plan,
                          ChangeRefusalKind kind) {
  REQUIRE_FALSE(plan.has_value());
  CHECK_MESSAGE(plan.error().kind == kind, plan.error().text);
  return plan.error().text;
}

TEST_CASE("Retire: every retired version below the given one is removed in place and no other") {
  const Registry registry = Rotated();
  const RegistryChange below_3 = Planned(RetireVersions(registry, FitMetadata(4), Version(3)));
  REQUIRE(below_3.next);
  CHECK(Numbers(below_3.changed) == std::vector<std::int64_t>{2});
  CHECK(below_3.changed[0].state == kRetired);
  CHECK(Numbers(below_3.next->snapshots()) == std::vector<std::int64_t>{4, 3, 2, 1});
  CHECK(below_3.next->generation() == registry.generation() + 1);
  CHECK(below_3.next->previous_hash() == registry.current_hash());
  KeySnapshot expected = RecordOf(registry, 2);
  expected.state = kRemoved;
  CHECK(RecordOf(*below_3.next, 2) == expected);
  for (const std::int64_t same : {1, 3, 4}) {
    CHECK(RecordOf(*below_3.next, same) == RecordOf(registry, same));
  }

  const RegistryChange below_4 = Planned(RetireVersions(registry, FitMetadata(4), Version(4)));
  CHECK(Numbers(below_4.changed) == std::vector<std::int64_t>{2, 3});
  CHECK(below_4.next->active().version == Version(4));
}

TEST_CASE("Retire: nothing below the given version is no error and changes nothing") {
  const RegistryChange change = Planned(RetireVersions(Rotated(), FitMetadata(4), Version(2)));
  CHECK_FALSE(change.next);
  CHECK(change.changed.empty());
}

TEST_CASE("Retire: a rejected record below the given version stays rejected") {
  const Registry registry = RegistryOf({Snapshot(3, kActive), Snapshot(1, kRejected)});
  CHECK_FALSE(Planned(RetireVersions(registry, FitMetadata(3), Version(3))).next);
}

TEST_CASE("Retire: a version above the active one is refused") {
  const std::string text = RefusedChange(RetireVersions(Rotated(), FitMetadata(4), Version(5)),
                                         ChangeRefusalKind::kNotBelowActive);
  CHECK(text ==
        "only versions below the active version 4 can be retired: use that version or a lower one");
}

TEST_CASE("Retire: a rotation that is pending or not observed yet stays as it is") {
  const Registry registry = RegistryOf({Snapshot(4, kActive), testing::Candidate(6, 2),
                                        Snapshot(5, kRetired), Snapshot(3, kRetired)});
  for (const auto& metadata :
       {FitMetadata(6), FitMetadata(7), WithMinDecryption(7, 4), Trimmed(6, 4), Trimmed(7, 4)}) {
    const RegistryChange change = Planned(RetireVersions(registry, metadata, Version(4)));
    REQUIRE(change.next);
    CHECK(Numbers(change.changed) == std::vector<std::int64_t>{3});
    for (const std::int64_t same : {4, 5, 6}) {
      CHECK(RecordOf(*change.next, same) == RecordOf(registry, same));
    }
    CHECK(change.next->snapshots().size() == 4);  // version 7 is the provider's to find
  }
}

TEST_CASE("Retire: a pending version that was made anew or may not decrypt is refused") {
  const Registry registry =
      RegistryOf({Snapshot(4, kActive), testing::Candidate(5, 2), Snapshot(3, kRetired)});
  TransitKeyMetadata remade = FitMetadata(5);
  ++remade.versions[4].created_at;
  CHECK(
      RefusedChange(RetireVersions(registry, remade, Version(4)), ChangeRefusalKind::kIdentityLost)
          .starts_with("version 5 is kept but can no longer decrypt"));
  RefusedChange(RetireVersions(registry, WithMinDecryption(6, 6), Version(4)),
                ChangeRefusalKind::kIdentityLost);
}

TEST_CASE("Retire: an OpenBao of an older backup is refused") {
  RefusedChange(RetireVersions(Rotated(), FitMetadata(3), Version(3)),
                ChangeRefusalKind::kVersionRollback);
  // The pending version vanished.
  const Registry pending = RegistryOf({Snapshot(4, kActive), testing::Candidate(5, 2)});
  RefusedChange(RetireVersions(pending, FitMetadata(4), Version(4)),
                ChangeRefusalKind::kVersionRollback);
}

TEST_CASE("Retire: what no longer decrypts may go and what stays must decrypt") {
  // min_decryption_version was raised too early: retiring is the way out.
  CHECK(Planned(RetireVersions(Rotated(), WithMinDecryption(4, 3), Version(3))).next);
  CHECK(Planned(RetireVersions(Rotated(), Trimmed(4, 4), Version(4))).next);

  const std::string disallowed =
      RefusedChange(RetireVersions(Rotated(), WithMinDecryption(4, 4), Version(3)),
                    ChangeRefusalKind::kIdentityLost);
  CHECK(disallowed ==
        "version 3 is kept but can no longer decrypt: it is below the key's "
        "min_decryption_version=4; lower it on the key, or retire it as well");
  const std::string trimmed = RefusedChange(RetireVersions(Rotated(), Trimmed(4, 4), Version(3)),
                                            ChangeRefusalKind::kIdentityLost);
  CHECK(trimmed.find("min_available_version=4") != std::string::npos);
}

TEST_CASE("Retire: a version that stays and was made anew is refused") {
  for (const std::int64_t remade : {3, 4}) {
    TransitKeyMetadata metadata = FitMetadata(4);
    ++metadata.versions[static_cast<std::size_t>(remade - 1)].created_at;
    const std::string text = RefusedChange(RetireVersions(Rotated(), metadata, Version(3)),
                                           ChangeRefusalKind::kIdentityLost);
    CHECK(text.starts_with("version " + std::to_string(remade) + " is kept"));
    CHECK(text.ends_with("or retire it as well") == (remade == 3));
  }
  // One that goes may differ.
  TransitKeyMetadata metadata = FitMetadata(4);
  ++metadata.versions[1].created_at;
  CHECK(Planned(RetireVersions(Rotated(), metadata, Version(3))).next);
}

TEST_CASE("Restore: removed versions become retired in place") {
  const Registry registry = RegistryOf(
      {Snapshot(4, kActive), Snapshot(3, kRetired), Snapshot(2, kRemoved), Snapshot(1, kRemoved)});
  const RegistryChange one =
      Planned(RestoreVersions(registry, FitMetadata(4), Versions{Version(2)}));
  REQUIRE(one.next);
  CHECK(Numbers(one.changed) == std::vector<std::int64_t>{2});
  CHECK(RecordOf(*one.next, 2).state == kRetired);
  CHECK(RecordOf(*one.next, 1).state == kRemoved);
  CHECK(Numbers(one.next->snapshots()) == std::vector<std::int64_t>{4, 3, 2, 1});
  CHECK(one.next->generation() == registry.generation() + 1);
  CHECK(one.next->previous_hash() == registry.current_hash());
  const RegistryChange both =
      Planned(RestoreVersions(registry, FitMetadata(4), Versions{Version(1), Version(2)}));
  CHECK(Numbers(both.changed) == std::vector<std::int64_t>{1, 2});
}

TEST_CASE("Restore: what retiring removed comes back as it was") {
  const Registry registry = Rotated();
  const RegistryChange retired = Planned(RetireVersions(registry, FitMetadata(4), Version(4)));
  const RegistryChange restored =
      Planned(RestoreVersions(*retired.next, FitMetadata(4), Versions{Version(2), Version(3)}));
  CHECK(restored.next->snapshots() == registry.snapshots());
}

TEST_CASE("Restore: one version that cannot be restored spoils all") {
  const Registry registry = RegistryOf(
      {Snapshot(4, kActive), Snapshot(3, kRetired), Snapshot(2, kRemoved), Snapshot(1, kRemoved)});
  const auto restore = [&](const Versions& versions, const TransitKeyMetadata& metadata) {
    return RestoreVersions(registry, metadata, versions);
  };
  const Versions both{Version(1), Version(2)};
  RefusedChange(restore({Version(2), Version(3)}, FitMetadata(4)), ChangeRefusalKind::kNotRemoved);
  RefusedChange(restore({Version(2), Version(4)}, FitMetadata(4)),
                ChangeRefusalKind::kNotBelowActive);
  RefusedChange(restore({Version(2), Version(7)}, FitMetadata(4)),
                ChangeRefusalKind::kNotBelowActive);
  CHECK(RefusedChange(restore(both, WithMinDecryption(4, 2)), ChangeRefusalKind::kIdentityLost) ==
        "version 1 cannot be restored: it is below the key's min_decryption_version=2; lower it on "
        "the key");
  CHECK(RefusedChange(restore(both, Trimmed(4, 2)), ChangeRefusalKind::kIdentityLost) ==
        "version 1 cannot be restored: it was trimmed from the Transit key "
        "(min_available_version=2); restore OpenBao from a backup that holds this version");
  TransitKeyMetadata remade = FitMetadata(4);
  ++remade.versions[0].created_at;
  RefusedChange(restore(both, remade), ChangeRefusalKind::kIdentityLost);
  CHECK(restore({Version(2)}, remade).has_value());
}

TEST_CASE("Restore: a version that is not recorded is refused") {
  const Registry registry = RegistryOf({Snapshot(4, kActive), Snapshot(2, kRemoved)});
  RefusedChange(RestoreVersions(registry, FitMetadata(4), Versions{Version(3)}),
                ChangeRefusalKind::kNotRemoved);
  const Registry rejected = RegistryOf({Snapshot(4, kActive), Snapshot(2, kRejected)});
  RefusedChange(RestoreVersions(rejected, FitMetadata(4), Versions{Version(2)}),
                ChangeRefusalKind::kNotRemoved);
}

TEST_CASE("Restore: the whole state must hold against live metadata") {
  const Registry registry =
      RegistryOf({Snapshot(4, kActive), Snapshot(3, kRetired), Snapshot(2, kRemoved)});
  TransitKeyMetadata metadata = FitMetadata(4);
  ++metadata.versions[2].created_at;
  const std::string text = RefusedChange(RestoreVersions(registry, metadata, Versions{Version(2)}),
                                         ChangeRefusalKind::kIdentityLost);
  CHECK(text.starts_with("version 3 is kept but can no longer decrypt"));
  // The active version is gone from an older backup.
  RefusedChange(RestoreVersions(registry, FitMetadata(3), Versions{Version(2)}),
                ChangeRefusalKind::kIdentityLost);
}

TEST_CASE("Restore: a rotation under way does not keep an old version away") {
  const Registry registry =
      RegistryOf({Snapshot(3, kActive), testing::Candidate(4, 1), Snapshot(1, kRemoved)});
  CHECK(Planned(RestoreVersions(registry, FitMetadata(5), Versions{Version(1)})).next);
}

TEST_CASE("Retire and restore: a key that is unfit or unreliable is refused with what to change") {
  const Registry registry =
      RegistryOf({Snapshot(4, kActive), Snapshot(3, kRetired), Snapshot(2, kRemoved)});
  const auto refused = [&](const TransitKeyMetadata& metadata, std::string_view words) {
    for (const std::string& text :
         {RefusedChange(RetireVersions(registry, metadata, Version(4)),
                        ChangeRefusalKind::kMetadataUnfit),
          RefusedChange(RestoreVersions(registry, metadata, Versions{Version(2)}),
                        ChangeRefusalKind::kMetadataUnfit)}) {
      CHECK_MESSAGE(text.find(words) != std::string::npos, text);
    }
  };
  TransitKeyMetadata metadata = FitMetadata(4);
  metadata.deletion_allowed = true;
  refused(metadata, "(deletion_allowed): set deletion_allowed=false on the key");
  metadata = FitMetadata(4);
  metadata.soft_deleted = true;
  refused(metadata, "(soft_deleted)");
  metadata = FitMetadata(4);
  metadata.versions.pop_back();
  refused(metadata, "(creation_time_missing)");
}

TEST_CASE("Retire and restore: the last generation there is has no next one") {
  RegistryDocument document = Rotated().ToDocument();
  document.generation = std::numeric_limits<std::int64_t>::max();
  const auto last = Registry::Verify(Signed(document), Bind());
  REQUIRE(last.has_value());
  RefusedChange(RetireVersions(*last, FitMetadata(4), Version(4)),
                ChangeRefusalKind::kNoGenerationLeft);
  RefusedChange(RestoreVersions(*last, FitMetadata(4), Versions{Version(1)}),
                ChangeRefusalKind::kNoGenerationLeft);
  CHECK_FALSE(Planned(RetireVersions(*last, FitMetadata(4), Version(2))).next);
}

TEST_CASE("Retire: an ordinary transition afterwards keeps what was removed") {
  const RegistryChange change = Planned(RetireVersions(Rotated(), FitMetadata(4), Version(4)));
  const auto seen = Observe(*change.next, WithMinDecryption(5, 4), RotationPolicy{},
                            ObservationKind::kRegular, /*may_promote=*/false, testing::kNow);
  REQUIRE(seen.has_value());
  REQUIRE(seen->next.has_value());
  for (const std::int64_t gone : {1, 2, 3}) CHECK(RecordOf(*seen->next, gone).state == kRemoved);
}

}  // namespace
}  // namespace baokms::core
