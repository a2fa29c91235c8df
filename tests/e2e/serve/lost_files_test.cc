// State files that are deleted, replaced or made unreadable under a provider that serves
// (registry-and-rotation.md, "Files that change under a running provider").
#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "tests/e2e/support/operator_node.h"

namespace baokms::e2e {
namespace {

constexpr const char* kIntact = "openbao_kms_state_files_intact";

std::string StateDirectory(const ProviderConfig& config) {
  return std::filesystem::path(config.state_file()).parent_path().string();
}

void RemoveAll(const std::string& directory) {
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    std::filesystem::remove_all(entry.path());
  }
}

// Serves reads and writes all the same; /ready is 200 and says why it is not as it should be.
void CheckServesWith(const Serving& provider, const std::string& reason) {
  REQUIRE(Eventually(Milliseconds(15000), [&] { return provider.process.Metric(kIntact) == 0; }));
  CHECK(provider.process.Health("/ready").status == 200);
  CHECK(provider.Ready().at("reasons") == Json::array({reason}));
  provider.CheckRoundTrip();
  const std::vector<Json> lines = provider.process.LogLines("state.files_lost");
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].at("reason") == reason);
  CHECK(lines[0].at("level") == "WARN");
  CHECK(Says(lines[0].at("advice"), "Do not restart"));
}

TEST_CASE("Lost files: a deleted state is written back byte for byte and the next start works") {
  Bench bench;
  const ProviderConfig config = bench.Config();
  StateFiles before;
  {
    Serving provider(config);
    RotateAndPromote(bench, provider);
    before = ReadStateFiles(config);
    SUBCASE("the state alone") { REQUIRE(unlink(config.state_file().c_str()) == 0); }
    SUBCASE("everything in the directory and the lock") { RemoveAll(StateDirectory(config)); }
    REQUIRE(provider.process.WaitLog("state.files_given_back"));
    CHECK(ReadStateFiles(config) == before);
    CHECK(provider.process.Metric(kIntact) == 1);
    CHECK(provider.Ready().at("reasons").empty());
    // The lock is held again where it went with the others.
    ProviderProcess second(config);
    CHECK(Says(CheckExits(second, 5), "another provider serves with this state"));
    // A rotation goes on as if nothing had been.
    RotateAndPromote(bench, provider);
  }
  const Serving again(config);
  again.CheckRoundTrip();
}

TEST_CASE("Lost files: a replaced state is told and never overwritten and comes back when moved") {
  Bench bench;
  const ProviderConfig config = bench.Config();
  Serving provider(config);
  const StateFiles old = ReadStateFiles(config);
  RotateAndPromote(bench, provider);
  const StateFiles ours = ReadStateFiles(config);
  WriteStateFiles(config, old);
  CheckServesWith(provider, "state_files_replaced");
  CHECK(ReadStateFiles(config) == old);
  REQUIRE(unlink(config.state_file().c_str()) == 0);
  REQUIRE(unlink((config.state_file() + ".checkpoint").c_str()) == 0);
  REQUIRE(provider.process.WaitLog("state.files_given_back"));
  CHECK(ReadStateFiles(config) == ours);
  CHECK(Eventually(Milliseconds(5000), [&] { return provider.process.Metric(kIntact) == 1; }));
}

TEST_CASE("Lost files: a state that a start would refuse is told until it is as it was") {
  Bench bench;
  const ProviderConfig config = bench.Config();
  Serving provider(config);
  REQUIRE(chmod(config.state_file().c_str(), 0666) == 0);
  CheckServesWith(provider, "state_files_unreadable");
  REQUIRE(chmod(config.state_file().c_str(), 0640) == 0);
  REQUIRE(provider.process.WaitLog("state.files_intact"));
  CHECK(provider.process.Metric(kIntact) == 1);
  CHECK(provider.Ready().at("reasons").empty());
}

TEST_CASE("Lost files: a directory that is gone is told and the files can be put back") {
  Bench bench;
  const ProviderConfig config = bench.Config();
  StateFiles ours;
  {
    Serving provider(config);
    ours = ReadStateFiles(config);
    std::filesystem::remove_all(StateDirectory(config));
    CheckServesWith(provider, "state_files_missing");
  }
  REQUIRE(mkdir(StateDirectory(config).c_str(), 0750) == 0);
  WriteStateFiles(config, ours);
  const Serving again(config);
  again.CheckRoundTrip();
}

}  // namespace
}  // namespace baokms::e2e
