// State files and objects that another implementation made of live metadata, taken over by a
// running provider, and back (registry-and-rotation.md, "State file"; wire-contract.md).
#include <doctest/doctest.h>

#include <ctime>
#include <fstream>
#include <iterator>
#include <thread>

#include "tests/e2e/support/bench.h"
#include "tests/support/go_files/go_sealed.h"
#include "tests/support/go_files/go_state_file.h"

namespace baokms::e2e {
namespace {

using testing::GoRecord;
using testing::GoState;

// The other provider at this bench, with nothing but the configuration and OpenBao to go by.
struct OtherProvider {
  OtherProvider(const Bench& bench, const ProviderConfig& config)
      : setup(bench.setup), identity(testing::IdentityOf(config.tree)) {}

  std::int64_t CreatedAt(std::int64_t version) const {
    const testing::SetupOptions& names = setup.options();
    const auto key = setup.Admin("GET", names.transit_mount + "/keys/" + names.key_name);
    return key.data().at("keys").at(std::to_string(version)).get<std::int64_t>();
  }
  testing::SealedObject Seal(std::int64_t version, const std::string& plaintext) const {
    return testing::SealAsGo(setup, identity, version, CreatedAt(version), plaintext);
  }
  GoRecord Active(std::int64_t version, std::int64_t seen) const {
    return {.version = version,
            .created_at = CreatedAt(version),
            .state = "active",
            .observed_at = seen,
            .promoted_at = seen};
  }
  GoRecord Retired(std::int64_t version, std::int64_t seen) const {
    return {.version = version,
            .created_at = CreatedAt(version),
            .state = "retired",
            .observed_at = seen};
  }

  const testing::OpenBaoSetup& setup;
  testing::GoIdentity identity;
};

StateFiles Write(const ProviderConfig& config, const GoState& state) {
  StateFiles files{.state = testing::GoStateText(state),
                   .checkpoint = testing::GoCheckpointText(state)};
  WriteStateFiles(config, files);
  return files;
}

// Any hash of the right form: what came before is not on disk any more.
std::string SomeHash() { return "krs1." + std::string(42, 'A') + "A"; }

TEST_CASE("Go files: the independent writer makes the published files and objects") {
  std::ifstream file(BAOKMS_VECTORS_FILE);
  const Json vectors = Json::parse(std::string(std::istreambuf_iterator<char>(file), {}));
  const auto identity_of = [](const Json& snapshot) {
    return testing::GoIdentity{
        .provider_name = snapshot.at("providerName"),
        .cluster_id = snapshot.at("clusterId"),
        .openbao_instance_id = snapshot.at("openbaoInstanceId"),
        .openbao_namespace = snapshot.value("openbaoNamespace", ""),
        .transit_mount_id = snapshot.at("transitMountId"),
        .key_lineage_id = snapshot.at("transitKeyLineageId"),
        .transit_mount_path = snapshot.value("transitMountPath", "transit"),
        .transit_key_name = snapshot.value("transitKeyName", "k8s-workload-a-etcd")};
  };
  for (const Json& entry : vectors.at("configFingerprint")) {
    CHECK(Json(testing::GoFingerprint(identity_of(entry.at("identity")))) ==
          entry.at("fingerprint"));
  }
  for (const Json& entry : vectors.at("keyIdAndAad")) {
    const Json& snapshot = entry.at("snapshot");
    const testing::GoIdentity identity = identity_of(snapshot);
    const std::int64_t version = snapshot.at("transitVersion");
    CHECK(Json(testing::GoKeyId(identity, version, snapshot.at("transitVersionCreatedAtUnix"))) ==
          entry.at("keyId"));
    CHECK(Json(testing::GoAssociatedData(identity, version, entry.at("keyId"))) ==
          entry.at("transitAssociatedData"));
    std::map<std::string, std::string> annotations = entry.at("annotations");
    std::map<std::string, std::string> made =
        testing::GoAnnotations(identity, version, entry.at("keyId"));
    made["plugin-version.kms.openbao.org"] = entry.at("pluginVersion");
    CHECK(made == annotations);
  }
  int files = 0;
  for (const Json& entry : vectors.at("registryState")) {
    const std::string name = entry.at("name");
    if (name.starts_with("published")) continue;  // no configuration has its fingerprint
    CAPTURE(name);
    const Json published = Json::parse(entry.at("file").get<std::string>());
    const GoState state =
        testing::GoStateOf(identity_of(published.at("snapshots").at(0)), published);
    CHECK(Json(testing::GoStateText(state)) == entry.at("file"));
    for (const Json& checkpoint : vectors.at("checkpoint")) {
      if (checkpoint.at("name") == name) {
        CHECK(Json(testing::GoCheckpointText(state)) == checkpoint.at("file"));
      }
    }
    ++files;
  }
  CHECK(files == 12);
}

TEST_CASE("Go files: a state made of live metadata is served as it stands and swaps back") {
  Bench bench;
  const ProviderConfig config = bench.Config();
  bench.setup.RotateKey();
  bench.setup.RotateKey();
  const OtherProvider other(bench, config);
  const std::int64_t seen = std::time(nullptr) - 3600;
  // The order of the records is free when a file is read.
  const StateFiles files = Write(
      config, {.identity = other.identity,
               .generation = 11,
               .previous_hash = SomeHash(),
               .records = {other.Retired(1, seen), other.Retired(2, seen), other.Active(3, seen)}});
  const Serving provider(config);
  for (const std::int64_t version : {1, 2, 3}) {
    provider.CheckOpens(other.Seal(version, "written by the other"), "written by the other");
  }
  const testing::SealedObject mine = provider.Seal("written by this one");
  CHECK(mine.key_id == testing::GoKeyId(other.identity, 3, other.CreatedAt(3)));
  CHECK(testing::OpenAsGo(bench.setup, other.identity, 3, mine) == "written by this one");
  auto annotations = testing::GoAnnotations(other.identity, 3, mine.key_id);
  annotations["plugin-version.kms.openbao.org"] =
      mine.annotations.at("plugin-version.kms.openbao.org");
  CHECK(mine.annotations == annotations);
  std::this_thread::sleep_for(Milliseconds(600));  // three probes
  CHECK(ReadStateFiles(config) == files);
}

TEST_CASE("Go files: a candidate that the other went on counting is promoted and chains on") {
  Bench bench;
  const ProviderConfig config = bench.Config();
  bench.setup.RotateKey();
  const OtherProvider other(bench, config);
  const std::int64_t seen = std::time(nullptr) - 60;
  GoState state{.identity = other.identity,
                .generation = 8,
                .previous_hash = SomeHash(),
                .records = {other.Active(1, seen),
                            {.version = 2,
                             .created_at = other.CreatedAt(2),
                             .state = "pending",
                             .observed_at = seen,
                             .stable_observations = 7,  // two are required
                             .stable_at = seen + 1}}};
  Write(config, state);
  const Serving provider(config);
  provider.CheckOpens(other.Seal(2, "by a peer that promoted"), "by a peer that promoted");
  const std::string promoted = testing::GoKeyId(other.identity, 2, other.CreatedAt(2));
  REQUIRE(
      Eventually(Milliseconds(10000), [&] { return provider.stub.Status().key_id == promoted; }));

  // The next generation, as the other would have written it at that moment.
  const Json written = ReadState(config);
  GoRecord active = state.records[1];
  active.state = "active";
  active.promoted_at = written.at("snapshots").at(0).at("promotedAtUnix");
  CHECK(active.promoted_at >= std::time(nullptr) - 30);
  GoRecord retired = state.records[0];
  retired.state = "retired";
  const GoState next{.identity = other.identity,
                     .generation = 9,
                     .previous_hash = testing::GoCurrentHash(state),
                     .records = {active, retired}};
  CHECK(ReadStateFiles(config) == StateFiles{.state = testing::GoStateText(next),
                                             .checkpoint = testing::GoCheckpointText(next)});
}

TEST_CASE("Go files: a state made anew from metadata opens what this provider wrote before") {
  Bench bench;
  const ProviderConfig config = bench.Config();
  const OtherProvider other(bench, config);
  testing::SealedObject first, second;
  {
    Serving provider(config);
    first = provider.Seal("under version 1");
    bench.setup.RotateKey();
    const std::string rotated = testing::GoKeyId(other.identity, 2, other.CreatedAt(2));
    REQUIRE(
        Eventually(Milliseconds(10000), [&] { return provider.stub.Status().key_id == rotated; }));
    second = provider.Seal("under version 2");
    REQUIRE(provider.process.Terminate().has_value());
  }
  const std::int64_t seen = std::time(nullptr);
  Write(config, {.identity = other.identity,
                 .generation = 2,
                 .previous_hash = SomeHash(),
                 .records = {other.Active(2, seen), other.Retired(1, seen)}});
  const Serving provider(config);
  provider.CheckOpens(first, "under version 1");
  provider.CheckOpens(second, "under version 2");
  CHECK(provider.KeyId() == second.key_id);
}

TEST_CASE("Go files: a state that dates a version otherwise than OpenBao encrypts nothing") {
  Bench bench;
  ProviderConfig config = bench.Config();
  config.tree["bootstrap"]["graceTimeout"] = "0s";
  config.Write();
  const OtherProvider other(bench, config);
  GoRecord dated = other.Active(1, std::time(nullptr));
  --dated.created_at;
  const StateFiles files = Write(config, {.identity = other.identity, .records = {dated}});
  ProviderProcess provider(config);
  const std::string line = CheckServesUnhealthy(config, provider, "metadata_unverified");
  CHECK_MESSAGE(line.find("recreated") != std::string::npos, line);
  CHECK(ReadStateFiles(config) == files);
}

}  // namespace
}  // namespace baokms::e2e
