// The state files of vectors/contract-v1.json, which the Go provider wrote, under a running
// provider: loaded and served, and made again byte for byte from the same observations at the same
// times (registry-and-rotation.md, "State file", "Rotation"). On the emulator alone: only there can
// a key have their creation times.
#include <doctest/doctest.h>
#include <signal.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "tests/e2e/support/bench.h"
#include "tests/support/go_files/go_sealed.h"
#include "tests/support/go_files/go_state_file.h"
#include "tests/support/settable_clock/settable_clock.h"

namespace baokms::e2e {
namespace {

constexpr std::int64_t kLongValid = 2'000'000'000;  // Unix seconds, after every clock here

const Json& Vectors() {
  static const Json vectors = [] {
    std::ifstream file(BAOKMS_VECTORS_FILE);
    return Json::parse(std::string(std::istreambuf_iterator<char>(file), {}));
  }();
  return vectors;
}

const Json& Named(const std::string& section, const std::string& name) {
  for (const Json& entry : Vectors().at(section)) {
    if (entry.at("name") == name) return entry;
  }
  FAIL("no " << name << " in " << section);
  return Vectors();
}

// One of the two configurations that the published files belong to, on the shared emulator.
class Published {
 public:
  explicit Published(const std::string& configuration)
      : suffix_(configuration == "plain" ? "" : " (" + configuration + ")"),
        identity_(Named("configFingerprint", configuration).at("identity")),
        bench_(Names()),
        config_(bench_.Config()) {
    config_.tree["openbao"]["instanceId"] = identity_.at("openbaoInstanceId");
    config_.tree["transit"]["keyIdScope"] = {{"providerName", identity_.at("providerName")},
                                             {"clusterId", identity_.at("clusterId")},
                                             {"transitMountId", identity_.at("transitMountId")},
                                             {"keyLineageId", identity_.at("transitKeyLineageId")}};
    config_.tree["rotation"] = {
        {"mode", "observed"}, {"activationDelay", "1h"}, {"requireStableObservationCount", 3}};
    // Valid at the published times and now.
    config_.WriteJwt(bench_.setup.MintJwt(
        {{"iat", 1'600'000'000}, {"nbf", 1'600'000'000}, {"exp", kLongValid}}));
    config_.Write();
  }

  // A key with versions 1 to `latest`, created at the published times.
  void MakeKey(int latest) {
    bench_.setup.DeleteKey();
    bench_.setup.CreateKey();
    RotateTo(latest);
  }
  void RotateTo(int latest) {
    constexpr std::int64_t kCreated[] = {1'699'999'000, 1'700'000'060, 1'700'000'120};
    const testing::SetupOptions& names = bench_.setup.options();
    for (std::int64_t version = 1; version <= latest; ++version) {
      if (bench_.setup.LatestVersion() < version) bench_.setup.RotateKey();
      const auto reply =
          SharedEmulator().emulator().Control("POST", "transit/creation-time",
                                              {{"namespace", names.name_space},
                                               {"mount", names.transit_mount},
                                               {"key", names.key_name},
                                               {"version", version},
                                               {"unix_seconds", kCreated[version - 1]}});
      REQUIRE(reply.status < 300);
    }
  }

  std::string File(const std::string& name) const {
    return Named("registryState", name + suffix_).at("file").get<std::string>();
  }
  std::string Checkpoint(const std::string& name) const {
    // Published for one of the configurations; its form is nothing but these values.
    const Json state = Json::parse(File(name));
    std::string text = Named("checkpoint", name).at("file").get<std::string>();
    const std::size_t hash = text.find("krs1.");
    return text.replace(hash, 48, state.at("currentHash").get<std::string>());
  }

  Bench& bench() { return bench_; }
  ProviderConfig& config() { return config_; }

 private:
  testing::SetupOptions Names() const {
    testing::SetupOptions names = FreshNames();
    names.name_space = identity_.value("openbaoNamespace", "");
    names.transit_mount = identity_.at("transitMountPath");
    names.key_name = identity_.at("transitKeyName");
    // Its parent comes first.
    for (std::size_t at = 0; (at = names.name_space.find('/', at)) != std::string::npos; ++at) {
      SharedOpenBao().MustAdmin("POST", "sys/namespaces/" + names.name_space.substr(0, at),
                                Json::object());
    }
    return names;
  }

  std::string suffix_;
  Json identity_;
  Bench bench_;
  ProviderConfig config_;
};

// At least this many metadata probes have succeeded.
bool Observes(const Serving& provider, double count) {
  return Eventually(Milliseconds(10000), [&] {
    return provider.process.Metric(
               "openbao_kms_transit_metadata_observation_total{status=\"ok\"}") >= count;
  });
}

void CheckServesEveryVersion(Published& published, const Serving& provider, const Json& state) {
  const testing::GoIdentity identity = testing::IdentityOf(published.config().tree);
  CHECK(Json(provider.KeyId()) == state.at("activeKeyId"));
  for (const Json& record : state.at("snapshots")) {
    CAPTURE(record.dump());
    const testing::SealedObject sealed =
        testing::SealAsGo(published.bench().setup, identity, record.at("transitVersion"),
                          record.at("transitVersionCreatedAtUnix"), "written before");
    CHECK(Json(sealed.key_id) == record.at("kubernetesKeyId"));
    if (record.at("state") == "removed") {
      CHECK(provider.stub.Decrypt(sealed).status.code == static_cast<int>(Code::kNotFound));
    } else {
      provider.CheckOpens(sealed, "written before");
    }
    if (record.at("state") != "active") continue;
    const std::string prefix = "vault:v" + record.at("transitVersion").dump() + ":";
    CHECK(provider.Seal("written now").ciphertext.starts_with(prefix));
  }
}

// Without what the wall clock puts into it.
Json Records(const std::string& file) {
  Json records = Json::parse(file).at("snapshots");
  for (Json& record : records) record.erase("stableAtUnix");
  return records;
}

void LoadAndServe(Published& published, const std::string& name) {
  CAPTURE(name);
  published.MakeKey(name == "bootstrap" ? 1 : 3);
  const StateFiles files{.state = published.File(name), .checkpoint = published.Checkpoint(name)};
  WriteStateFiles(published.config(), files);
  const Serving provider(published.config());
  CheckServesEveryVersion(published, provider, Json::parse(files.state));
  REQUIRE(Observes(provider, 5));
  const StateFiles after = ReadStateFiles(published.config());
  if (!name.starts_with("candidate seen")) {
    CHECK(after == files);
    return;
  }
  // It went on from where the file stopped, through the published files, to the stable candidate.
  CHECK(Records(after.state) == Records(published.File("candidate stable")));
  CHECK(Json::parse(after.state).at("generation") == 4);
  CHECK(Json::parse(after.state).at("previousHash") ==
        Json::parse(published.File("candidate seen again")).at("currentHash"));
}

TEST_CASE("Vectors: every published state file loads and serves and goes on") {
  for (const std::string configuration : {"plain", "namespaced"}) {
    CAPTURE(configuration);
    Published published(configuration);
    for (const char* name :
         {"bootstrap", "candidate seen, one version skipped", "candidate seen again",
          "candidate stable", "promoted", "retired below 3"}) {
      LoadAndServe(published, name);
    }
  }
}

// Waits for the generation that follows and compares both files with the published ones.
void CheckNext(const Published& published, const ProviderConfig& config, const std::string& name) {
  CAPTURE(name);
  const StateFiles expected{.state = published.File(name),
                            .checkpoint = published.Checkpoint(name)};
  const Json generation = Json::parse(expected.state).at("generation");
  REQUIRE(Eventually(Milliseconds(15000), [&] {
    const Json checkpoint = Json::parse(ReadStateFiles(config).checkpoint, nullptr, false);
    return checkpoint.is_object() && checkpoint.at("generation") == generation;
  }));
  CHECK(ReadStateFiles(config) == expected);
}

TEST_CASE("Vectors: a running provider writes the published files byte for byte") {
  for (const std::string configuration : {"plain", "namespaced"}) {
    CAPTURE(configuration);
    Published published(configuration);
    published.MakeKey(1);
    ProviderConfig& config = published.config();
    config.tree["status"] = {
        {"probeInterval", "1s"}, {"deepProbeInterval", "60s"}, {"statusMaxStaleness", "10s"}};
    config.tree["rotation"]["activationDelay"] = "500ms";
    config.Write();
    testing::SettableClock clock(1'700'000'000);
    Serving provider(config, {.arguments = {}, .environment = clock.environment()});
    CheckNext(published, config, "bootstrap");

    // Both rotations, and the clock, between two probes.
    provider.process.child().Signal(SIGSTOP);
    published.RotateTo(3);
    clock.Set(1'700'000'150);
    provider.process.child().Signal(SIGCONT);
    CheckNext(published, config, "candidate seen, one version skipped");
    clock.Set(1'700'000'180);
    CheckNext(published, config, "candidate seen again");
    clock.Set(1'700'000'210);
    CheckNext(published, config, "candidate stable");
    clock.Set(1'700'000'330);
    CheckNext(published, config, "promoted");
    const Json promoted = Json::parse(published.File("promoted"));
    // Published a moment after it was saved.
    REQUIRE(Eventually(Milliseconds(5000), [&] {
      return Json(provider.stub.Status().key_id) == promoted.at("activeKeyId");
    }));
    CheckServesEveryVersion(published, provider, promoted);
    REQUIRE(provider.process.WaitLog("key.promoted"));
    CHECK(provider.process.LogLines("key.promoted").at(0).at("ts") == "2023-11-14T22:18:50.000Z");

    REQUIRE(provider.process.Terminate().has_value());
    const CommandResult retired = RunCommand(
        {"retire-versions", "--config", config.config_file(), "--allow-socket-parent",
         config.socket_directory(), "--before-version", "3", "--without-evidence", "--apply",
         "--expected-state-hash", ReadState(config).at("currentHash").get<std::string>()});
    CHECK_MESSAGE(retired.code == 0, retired.err);
    CheckNext(published, config, "retired below 3");
  }
}

}  // namespace
}  // namespace baokms::e2e
