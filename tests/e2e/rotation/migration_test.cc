// `migrate-state`: a v1alpha1 state is refused with the way out, and carried over
// (registry-and-rotation.md, "State file").
#include <doctest/doctest.h>

#include <fstream>

#include "adapters/state_file/registry_parser.h"
#include "core/registry/registry_json.h"
#include "tests/e2e/support/operator_node.h"

namespace baokms::e2e {
namespace {

std::string CheckpointFor(const core::RegistryDocument& state) {
  return core::CheckpointBytes(core::CheckpointOf(state));
}

// The files as the older provider would have written them: the same records, hashed without the
// fingerprint.
StateFiles Older(const StateFiles& files) {
  auto document = adapters::state_file::ParseRegistry(files.state);
  REQUIRE(document);
  document->schema_version = core::kOlderRegistrySchema;
  document->identity_fingerprint.clear();
  document->current_hash = core::RegistryHash(*document);
  return {.state = core::RegistryBytes(*document), .checkpoint = CheckpointFor(*document)};
}

// A node that has served and rotated, and was stopped with files of the older schema.
struct OlderNode {
  OlderNode() : node(bench) {
    const Serving provider(node.config);
    sealed = provider.Seal("before the migration");
    RotateAndPromote(bench, provider);
    files = Older(ReadStateFiles(node.config));
    // Only now: a provider that serves would take them for a fork.
  }
  void Put() const { WriteStateFiles(node.config, files); }

  Bench bench;
  OperatorNode node;
  testing::SealedObject sealed;
  StateFiles files;
};

const std::vector<std::string> kMigrate = {"migrate-state"};

TEST_CASE("Migrate: an older state is refused by name of the way out and then carried over") {
  OlderNode older;
  older.Put();
  for (const char* command : {"rotation-plan", "verify-rotation"}) {
    CHECK(Says(older.node.Refused({command}), "migrate-state"));
  }
  CHECK(Says(older.node.Refused({"retire-versions", "--before-version", "2"}), "migrate-state"));
  {
    ProviderProcess provider(older.node.config);
    CHECK(Says(CheckExits(provider, 5), "migrate-state"));
  }
  CHECK(ReadStateFiles(older.node.config) == older.files);

  const Json applied = older.node.Apply(kMigrate);
  const Json before = Json::parse(older.files.state);
  const Json after = ReadState(older.node.config);
  CHECK(applied.at("operation") == "migrate-state");
  CHECK(after.at("schemaVersion") == "keyregistry.openbao-kms/v1alpha2");
  CHECK(after.at("snapshots") == before.at("snapshots"));
  CHECK(after.at("generation") == before.at("generation").get<int>() + 1);
  const Serving provider(older.node.config);
  provider.CheckOpens(older.sealed, "before the migration");
  CHECK(older.node.Plan({"rotation-plan"}).at("transitMetadataStatus") == "pass");
}

TEST_CASE("Migrate: the published older file becomes the published newer one byte for byte") {
  Bench bench;
  OperatorNode node(bench);
  std::ifstream file(BAOKMS_VECTORS_FILE);
  const Json vectors = Json::parse(file, nullptr, false);
  REQUIRE(vectors.is_object());
  const Json& migration = vectors.at("migrateState").at(0);
  const Json& identity = [&]() -> const Json& {
    for (const Json& entry : vectors.at("configFingerprint")) {
      if (Says(migration.at("to"), entry.at("fingerprint").get<std::string>())) {
        return entry.at("identity");
      }
    }
    FAIL("no configuration of that fingerprint");
    return vectors;
  }();
  node.config.tree["openbao"]["instanceId"] = identity.at("openbaoInstanceId");
  node.config.tree["transit"] = {{"mountPath", identity.at("transitMountPath")},
                                 {"keyName", identity.at("transitKeyName")},
                                 {"keyIdScope",
                                  {{"providerName", identity.at("providerName")},
                                   {"clusterId", identity.at("clusterId")},
                                   {"transitMountId", identity.at("transitMountId")},
                                   {"keyLineageId", identity.at("transitKeyLineageId")}}}};
  node.config.tree["openbao"]["address"] = "https://127.0.0.1:9";  // it is never asked
  node.config.Write();
  core::RegistryDocument from =
      *adapters::state_file::ParseRegistry(migration.at("from").get<std::string>());
  WriteStateFiles(node.config, {migration.at("from"), CheckpointFor(from)});
  node.Apply(kMigrate);
  CHECK(ReadStateFiles(node.config) ==
        StateFiles{.state = migration.at("to"), .checkpoint = migration.at("checkpoint")});
}

TEST_CASE("Migrate: the report has the fields of the other changes") {
  OlderNode older;
  older.Put();
  const CommandResult json = older.node.Run({"migrate-state", "--output", "json"});
  CHECK(FieldNames(json.out) ==
        std::vector<std::string>{"operation", "applied", "beforeVersion", "stateHash",
                                 "nextStateHash", "nextGeneration", "activeKeyIdHash",
                                 "removedVersions", "restoredVersions", "limitations"});
  const Json report = older.node.Plan(kMigrate);
  CHECK(report.at("applied") == false);
  CHECK(report.at("beforeVersion") == 0);
  CHECK(report.at("removedVersions") == Json::array());
  CHECK(report.at("restoredVersions") == Json::array());
  CHECK(report.at("limitations").size() == 3);
  CHECK(older.node.Run(kMigrate).out.starts_with("operation: migrate-state\napplied: false\n"));
}

TEST_CASE("Migrate: a state of today is no error and is not changed") {
  OlderNode older;
  const Json report = older.node.Plan(
      {"migrate-state", "--apply", "--expected-state-hash", older.node.StateHash()});
  CHECK(report.at("applied") == false);
  CHECK(report.at("stateHash") == report.at("nextStateHash"));
}

TEST_CASE("Migrate: a checkpoint that is behind is brought forward first and a fork is refused") {
  OlderNode older;
  const Json state = Json::parse(older.files.state);
  auto document = *adapters::state_file::ParseRegistry(older.files.state);
  // What the older provider left when it was cut between its two files.
  core::RegistryDocument before = document;
  before.generation -= 1;
  before.current_hash = *document.previous_hash;
  WriteStateFiles(older.node.config, {older.files.state, CheckpointFor(before)});
  older.node.Apply(kMigrate);

  before.generation -= 1;
  WriteStateFiles(older.node.config, {older.files.state, CheckpointFor(before)});
  CHECK(Says(older.node.Refused(kMigrate), "ROLLBACK"));
  WriteStateFiles(older.node.config, {older.files.state, ""});
  CHECK(Says(older.node.Refused(kMigrate), "copy both files"));
}

TEST_CASE("Migrate: what is not this node's own older state is refused") {
  OlderNode older;
  older.Put();
  CHECK(Says(older.node.Refused({"migrate-state", "--apply", "--expected-state-hash",
                                 "krs1." + std::string(43, 'A')}),
             "print the plan again"));
  older.node.config.tree["transit"]["keyIdScope"]["clusterId"] = "another-cluster";
  older.node.config.Write();
  CHECK(Says(older.node.Refused(kMigrate),
             "transit.keyIdScope.clusterId is not the one that this state was created with"));
  std::string changed = older.files.state;
  changed.replace(changed.find("\"retired\""), 9, "\"removed\"");
  WriteStateFiles(older.node.config, {changed, older.files.checkpoint});
  CHECK(Says(older.node.Refused(kMigrate), "currentHash"));
  WriteStateFiles(older.node.config, {"", ""});
  CHECK(Says(older.node.Refused(kMigrate), "there is no state at state.path"));
}

TEST_CASE("Migrate: while a provider serves applying is refused with its process") {
  OlderNode older;
  Serving provider(older.node.config);
  const std::string text = older.node.Refused(
      {"migrate-state", "--apply", "--expected-state-hash", older.node.StateHash()});
  CHECK(Says(text, "(process " + std::to_string(provider.process.child().pid()) + ")"));
}

}  // namespace
}  // namespace baokms::e2e
