// What a start makes of the state file and its checkpoint (registry-and-rotation.md, "State file").
#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/e2e/support/bench.h"

namespace baokms::e2e {
namespace {

// A node whose state has gone through a rotation: the files of generation 1, of a pending
// generation, and the last ones.
struct History {
  explicit History(Bench& bench) : config(bench.Config()) {
    config.tree["status"]["probeInterval"] = "500ms";
    config.Write();
    Serving provider(config);
    first = ReadStateFiles(config);
    key_id = provider.KeyId();
    sealed = provider.Seal("before the rotation");
    bench.setup.RotateKey();
    REQUIRE(Eventually(Milliseconds(10000), [this] {
      second = ReadStateFiles(config);
      const Json state = Json::parse(second.state, nullptr, false);
      const Json checkpoint = Json::parse(second.checkpoint, nullptr, false);
      return state.value("generation", 0) == 2 && checkpoint.value("generation", 0) == 2;
    }));
    REQUIRE(
        Eventually(Milliseconds(10000), [&] { return provider.stub.Status().key_id != key_id; }));
    REQUIRE(provider.process.Terminate() == testing::ExitStatus{.code = 0, .signal = std::nullopt});
    last = ReadStateFiles(config);
  }

  // Exit 5 without touching `files`; the line.
  std::string Refused(const StateFiles& files) {
    WriteStateFiles(config, files);
    unlink(config.directory().File("stderr").c_str());
    ProviderProcess provider(config);
    std::string line = CheckExits(provider, 5);
    CHECK_MESSAGE(line.starts_with("state.path: "), line);
    CHECK(ReadStateFiles(config) == files);
    CHECK(provider.LogLines("serve.start").size() == 1);
    CHECK(provider.LogLines("auth.login").empty());
    return line;
  }

  ProviderConfig config;
  StateFiles first, second, last;
  std::string key_id;
  testing::SealedObject sealed;
};

TEST_CASE("State: an older state under a newer checkpoint is a ROLLBACK and stays untouched") {
  Bench bench;
  History node(bench);
  CHECK(Says(node.Refused({node.first.state, node.last.checkpoint}), "ROLLBACK"));
  CHECK(Says(node.Refused({node.second.state, node.last.checkpoint}), "ROLLBACK"));
  // Further ahead than one generation does not chain.
  CHECK(Says(node.Refused({node.last.state, node.first.checkpoint}), "ROLLBACK"));
}

TEST_CASE("State: one file without the other is refused with what to copy") {
  Bench bench;
  History node(bench);
  CHECK(Says(node.Refused({node.last.state, ""}), "copy both files"));
  CHECK(Says(node.Refused({"", node.last.checkpoint}), "restore the state file"));
}

TEST_CASE("State: one generation ahead of its checkpoint is a save cut short and goes on") {
  Bench bench;
  History node(bench);
  WriteStateFiles(node.config, {node.second.state, node.first.checkpoint});
  const Serving provider(node.config);
  provider.CheckOpens(node.sealed, "before the rotation");
  // The pending version goes on to its promotion.
  CHECK(Eventually(Milliseconds(10000),
                   [&] { return VersionsIn(ReadState(node.config), "active").front() == 2; }));
}

TEST_CASE("State: generation 1 without a checkpoint gets one") {
  Bench bench;
  const ProviderConfig config = bench.Config();
  {
    const Serving provider(config);
  }
  const StateFiles files = ReadStateFiles(config);
  REQUIRE_FALSE(files.checkpoint.empty());
  WriteStateFiles(config, {files.state, ""});
  const Serving provider(config);
  CHECK(ReadStateFiles(config) == files);
}

TEST_CASE("State: both files lost after a rotation is refused by bootstrap") {
  Bench bench;
  History node(bench);
  WriteStateFiles(node.config, {"", ""});
  node.config.tree["bootstrap"]["graceTimeout"] = "0s";
  node.config.Write();
  ProviderProcess provider(node.config);
  const std::string line = CheckExits(provider, 5);
  CHECK(Says(line, "latest_version=2"));
  CHECK(ReadStateFiles(node.config) == StateFiles{});
}

TEST_CASE("State: a state of another configuration is refused and names the configuration") {
  Bench bench;
  ProviderConfig config = bench.Config();
  {
    const Serving provider(config);
  }
  const StateFiles files = ReadStateFiles(config);
  config.tree["transit"]["keyIdScope"]["clusterId"] = "another-cluster";
  config.Write();
  ProviderProcess provider(config);
  const std::string line = CheckExits(provider, 5);
  CHECK(Says(line, "transit.keyIdScope.clusterId is not the one that this state"));
  CHECK_FALSE(Says(line, "another-cluster"));
  CHECK(ReadStateFiles(config) == files);
}

TEST_CASE("State: modes and links and contents that cannot be trusted are refused") {
  Bench bench;
  const ProviderConfig config = bench.Config();
  {
    const Serving provider(config);
  }
  const StateFiles files = ReadStateFiles(config);
  const auto refused = [&config] {
    ProviderProcess provider(config);
    std::string line = CheckExits(provider, 5);
    CHECK_MESSAGE(line.starts_with("state.path: "), line);
    return line;
  };
  const std::string path = config.state_file();

  SUBCASE("writable by others") {
    REQUIRE(chmod(path.c_str(), 0666) == 0);
    refused();
  }
  SUBCASE("a symbolic link") {
    const std::string elsewhere = config.directory().File("elsewhere.json");
    REQUIRE(rename(path.c_str(), elsewhere.c_str()) == 0);
    REQUIRE(symlink(elsewhere.c_str(), path.c_str()) == 0);
    refused();
  }
  SUBCASE("cut short") {
    WriteStateFiles(config, {files.state.substr(0, files.state.size() / 2), files.checkpoint});
    refused();
  }
  SUBCASE("one digit changed") {
    std::string changed = files.state;
    const std::size_t at = changed.find("\"transitVersion\": 1");
    REQUIRE(at != std::string::npos);
    changed.replace(at, 19, "\"transitVersion\": 7");
    WriteStateFiles(config, {changed, files.checkpoint});
    refused();
  }
  SUBCASE("of the schema before: migrate-state is named") {
    std::string older = files.state;
    const std::size_t at = older.find("keyregistry.openbao-kms/v1alpha2");
    REQUIRE(at != std::string::npos);
    older.replace(at, 32, "keyregistry.openbao-kms/v1alpha1");
    const std::size_t field = older.find("  \"identityFingerprint\"");
    older.erase(field, older.find('\n', field) + 1 - field);
    WriteStateFiles(config, {older, files.checkpoint});
    CHECK(Says(refused(), "migrate-state"));
  }
  SUBCASE("a directory that others may write") {
    const std::string directory = path.substr(0, path.rfind('/'));
    REQUIRE(chmod(directory.c_str(), 0777) == 0);
    refused();
  }
}

}  // namespace
}  // namespace baokms::e2e
