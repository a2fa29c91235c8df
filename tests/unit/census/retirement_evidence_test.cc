// What may be retired by what etcd refers to (reports-and-labels.md, "key-usage").
#include "core/census/retirement_evidence.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <utility>
#include <vector>

#include "tests/support/core/builders.h"
#include "tests/support/etcd/stored_envelope.h"

namespace baokms::core {
namespace {

using testing::IdOf;
using testing::RegistryOf;
using testing::Snapshot;
using enum SnapshotState;
using VersionNumbers = std::vector<std::int64_t>;

// A node with these records beside an etcd that holds an object under each of these versions.
std::optional<RetirementEvidence> WeighCensus(const std::vector<KeySnapshot>& records,
                                              const VersionNumbers& objects_under) {
  std::vector<KeyId> recorded;
  for (const KeySnapshot& record : records) recorded.push_back(record.key_id);
  KeyCensus census(
      {.prefix = "/registry/", .provider_name = "openbao", .recorded = std::move(recorded)});
  for (const std::int64_t version : objects_under) {
    census.Count("/registry/secrets/a/b",
                 ::baokms::testing::ValueOf({.key_id = IdOf(version).str()}));
  }
  return WeighRetirement(census, RegistryOf(records));
}

VersionNumbers NumbersOf(const std::vector<TransitKeyVersion>& versions) {
  VersionNumbers numbers;
  for (const TransitKeyVersion version : versions) numbers.push_back(version.number());
  return numbers;
}

VersionNumbers NumbersOf(const std::vector<KeySnapshot>& snapshots) {
  VersionNumbers numbers;
  for (const KeySnapshot& snapshot : snapshots) numbers.push_back(snapshot.version.number());
  return numbers;
}

TEST_CASE("Retirement evidence: what lies below everything that is needed is removable") {
  const auto evidence = WeighCensus(
      {Snapshot(4, kActive), Snapshot(3, kRetired), Snapshot(2, kRetired), Snapshot(1, kRetired)},
      {4, 3});
  REQUIRE(evidence);
  CHECK(evidence->lowest_needed.number() == 3);
  CHECK(NumbersOf(evidence->unreferenced) == VersionNumbers{1, 2});
  CHECK(NumbersOf(evidence->removable) == VersionNumbers{1, 2});
  CHECK(evidence->waiting.empty());
}

TEST_CASE("Retirement evidence: an unreferenced version above one that is referred to waits") {
  const auto evidence =
      WeighCensus({Snapshot(3, kActive), Snapshot(2, kRetired), Snapshot(1, kRetired)}, {1});
  REQUIRE(evidence);
  CHECK(evidence->lowest_needed.number() == 1);
  CHECK(NumbersOf(evidence->unreferenced) == VersionNumbers{2});
  CHECK(evidence->removable.empty());
  CHECK(NumbersOf(evidence->waiting) == VersionNumbers{2});
}

TEST_CASE("Retirement evidence: a reference to a removed version keeps what is above it waiting") {
  const auto evidence =
      WeighCensus({Snapshot(3, kActive), Snapshot(2, kRetired), Snapshot(1, kRemoved)}, {3, 1});
  REQUIRE(evidence);
  CHECK(evidence->lowest_needed.number() == 1);
  CHECK(NumbersOf(evidence->waiting) == VersionNumbers{2});
}

TEST_CASE("Retirement evidence: the active version is needed even when nothing refers to it") {
  const auto evidence =
      WeighCensus({Snapshot(4, kPending), Snapshot(2, kActive), Snapshot(1, kRetired)}, {4});
  REQUIRE(evidence);
  CHECK(evidence->lowest_needed.number() == 2);
  CHECK(NumbersOf(evidence->unreferenced) == VersionNumbers{1});
}

TEST_CASE("Retirement evidence: pending and removed versions are listed and never to be retired") {
  const auto evidence = WeighCensus(
      {Snapshot(3, kActive), Snapshot(4, kPending), Snapshot(2, kRetired), Snapshot(1, kRemoved)},
      {3});
  REQUIRE(evidence);
  CHECK(NumbersOf(evidence->unreferenced) == VersionNumbers{1, 2, 4});
  CHECK(NumbersOf(evidence->removable) == VersionNumbers{2});
  CHECK(evidence->waiting.empty());
}

TEST_CASE("Retirement evidence: without a reference to any recorded version there is none") {
  const std::vector<KeySnapshot> records{Snapshot(2, kActive), Snapshot(1, kRetired)};
  CHECK_FALSE(WeighCensus(records, {}));
  CHECK_FALSE(WeighCensus(records, {9}));
  CHECK(WeighCensus(records, {1}));
}

}  // namespace
}  // namespace baokms::core
