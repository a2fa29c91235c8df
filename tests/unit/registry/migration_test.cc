#include "core/registry/migration.h"

#include <doctest/doctest.h>

#include <functional>
#include <limits>

#include "core/registry/registry_json.h"
#include "tests/support/core/builders.h"

namespace baokms::core {
namespace {

using testing::Bind;
using testing::RegistryOf;
using testing::Signed;
using testing::Snapshot;
using enum SnapshotState;

RegistryDocument Older(std::int64_t generation = 5) {
  RegistryDocument document =
      RegistryOf({Snapshot(2, kActive), Snapshot(3, kPending), Snapshot(1, kRemoved)}).ToDocument();
  document.schema_version = kOlderRegistrySchema;
  document.identity_fingerprint.clear();
  document.generation = generation;
  if (generation == 1) document.previous_hash.reset();
  return Signed(document);
}

RegistryProblemKind RefusedMigration(const RegistryDocument& state,
                                     const std::optional<CheckpointDocument>& checkpoint,
                                     const Registry::Identity& identity = Bind()) {
  const auto migration = MigrateRegistry(state, checkpoint, identity);
  REQUIRE_FALSE(migration.has_value());
  CHECK_FALSE(migration.error().text.empty());
  return migration.error().kind;
}

TEST_CASE("Migrate: the same records one generation on and bound to the configuration") {
  const RegistryDocument older = Older();
  const auto migration = MigrateRegistry(older, CheckpointOf(older), Bind());
  REQUIRE(migration.has_value());
  const RegistryDocument next = migration->ToDocument();
  CHECK(next.schema_version == kRegistrySchema);
  CHECK(next.identity_fingerprint == Bind()->fingerprint());
  CHECK(next.generation == older.generation + 1);
  CHECK(next.previous_hash == older.current_hash);
  CHECK(next.snapshots == older.snapshots);
  CHECK(Registry::Verify(next, Bind()).has_value());
}

TEST_CASE("Migrate: the first generation has a second one") {
  const RegistryDocument older = Older(1);
  const auto migration = MigrateRegistry(older, CheckpointOf(older), Bind());
  REQUIRE(migration.has_value());
  CHECK(migration->generation() == 2);
}

TEST_CASE("Migrate: the rules of recovery hold for the older files") {
  const RegistryDocument older = Older();
  CheckpointDocument behind = CheckpointOf(older);
  behind.generation -= 1;
  behind.current_hash = *older.previous_hash;
  const auto migration = MigrateRegistry(older, behind, Bind());
  REQUIRE(migration.has_value());
  CHECK(migration->previous_hash() == older.current_hash);
  CHECK(MigrateRegistry(Older(1), std::nullopt, Bind()).has_value());
  CHECK(RefusedMigration(older, std::nullopt) == RegistryProblemKind::kCheckpointMissing);

  CheckpointDocument newer = CheckpointOf(older);
  newer.generation += 1;
  CHECK(RefusedMigration(older, newer) == RegistryProblemKind::kRollback);
  CheckpointDocument fork = CheckpointOf(older);
  fork.current_hash = *older.previous_hash;
  CHECK(RefusedMigration(older, fork) == RegistryProblemKind::kRollback);
}

TEST_CASE("Migrate: a state that is v1alpha2 already or neither is refused") {
  RegistryDocument document = Older();
  document.schema_version = kRegistrySchema;
  CHECK(RefusedMigration(Signed(document), CheckpointOf(document)) ==
        RegistryProblemKind::kWrongSchema);
  document.schema_version = "keyregistry.openbao-kms/v1alpha3";
  CHECK(RefusedMigration(Signed(document), CheckpointOf(document)) ==
        RegistryProblemKind::kWrongSchema);
  document = Older();
  document.identity_fingerprint = Bind()->fingerprint();
  CHECK(RefusedMigration(Signed(document), CheckpointOf(document)) ==
        RegistryProblemKind::kWrongSchema);
}

TEST_CASE("Migrate: every check of a load is made") {
  using Change = std::function<void(RegistryDocument&)>;
  const std::vector<std::pair<RegistryProblemKind, Change>> rows = {
      {RegistryProblemKind::kInvalid, [](auto& d) { d.generation = 0; }},
      {RegistryProblemKind::kBadHash, [](auto& d) { d.previous_hash = "krs1.AAAA"; }},
      {RegistryProblemKind::kBadHash, [](auto& d) { d.previous_hash.reset(); }},
      {RegistryProblemKind::kInvalid,
       [](auto& d) { d.active_key_id = d.snapshots[1].kubernetes_key_id; }},
      {RegistryProblemKind::kInvalid, [](auto& d) { d.snapshots.push_back(d.snapshots[1]); }},
      {RegistryProblemKind::kInvalid, [](auto& d) { d.snapshots.erase(d.snapshots.begin()); }},
      {RegistryProblemKind::kInvalid, [](auto& d) { ++d.snapshots[1].transit_version_created_at; }},
      {RegistryProblemKind::kInvalid, [](auto& d) { d.snapshots[1].aad_mode = "none"; }},
      {RegistryProblemKind::kInvalid, [](auto& d) { d.snapshots[1].state = "idle"; }},
      {RegistryProblemKind::kInvalid, [](auto& d) { d.snapshots[1].stable_at = -1; }},
      {RegistryProblemKind::kOtherConfiguration,
       [](auto& d) { d.snapshots[1].cluster_id = "other"; }},
      {RegistryProblemKind::kInvalid,
       [](auto& d) { d.generation = std::numeric_limits<std::int64_t>::max(); }}};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    CAPTURE(i);
    RegistryDocument document = Older();
    rows[i].second(document);
    CHECK(RefusedMigration(document, CheckpointOf(document)) != RegistryProblemKind::kRollback);
    document = Signed(document);
    CHECK(RefusedMigration(document, CheckpointOf(document)) == rows[i].first);
  }
}

TEST_CASE("Migrate: the state of another cluster is refused") {
  ProviderIdentity other = testing::TestIdentity();
  other.transit_key_lineage_id += "x";
  CHECK(RefusedMigration(Older(), CheckpointOf(Older()), Bind(other)) ==
        RegistryProblemKind::kOtherConfiguration);
}

}  // namespace
}  // namespace baokms::core
