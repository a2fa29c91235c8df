// A state directory whose disk is really full (registry-and-rotation.md, "Save"; needs a mount).
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <array>
#include <ctime>
#include <thread>

#include "tests/e2e/support/bench.h"
#include "tests/support/skip.h"

namespace baokms::e2e {
namespace {

// A file system of 64 KiB in the place of a state directory.
class SmallDisk {
 public:
  explicit SmallDisk(const ProviderConfig& config)
      : path_(config.state_file().substr(0, config.state_file().rfind('/'))),
        mounted_(mount("none", path_.c_str(), "tmpfs", 0, "size=64k,mode=0750") == 0) {}
  ~SmallDisk() {
    if (mounted_) umount2(path_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  bool Skipped() const {
    return !mounted_ && testing::SaySkipped("mounting a file system is not permitted here");
  }
  void Fill() const {
    const int filler = open(Filler().c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    REQUIRE(filler >= 0);
    const std::array<char, 1024> block{};
    while (write(filler, block.data(), block.size()) > 0) {
    }
    close(filler);
  }
  void Free() const { REQUIRE(unlink(Filler().c_str()) == 0); }

 private:
  std::string Filler() const { return path_ + "/filler"; }

  std::string path_;
  bool mounted_;
};

ProviderConfig SlowlyCounting(Bench& bench) {
  ProviderConfig config = bench.Config();
  config.tree["rotation"]["requireStableObservationCount"] = 10'000;
  config.Write();
  return config;
}

Json PendingRecord(const ProviderConfig& config) {
  const Json state = ReadState(config);
  if (!state.is_object()) return {};
  for (const Json& record : state.at("snapshots")) {
    if (record.at("state") == "pending") return record;
  }
  return {};
}

TEST_CASE("Full disk: a candidate that cannot be saved is not published and is saved when it can") {
  Bench bench;
  const ProviderConfig config = SlowlyCounting(bench);
  const SmallDisk disk(config);
  if (disk.Skipped()) return;
  const Serving provider(config);
  const std::string key_id = provider.KeyId();
  const testing::SealedObject sealed = provider.Seal("a value");
  const StateFiles before = ReadStateFiles(config);
  disk.Fill();
  const auto filled = std::time(nullptr);
  bench.setup.RotateKey();
  REQUIRE(Eventually(Milliseconds(5000), [&] { return !provider.Healthy(); }));
  CHECK(provider.Ready().at("reasons").dump().find("state_save_failed") != std::string::npos);
  CHECK(provider.process.Metric("openbao_kms_rotation_persistence_degraded") == 0);
  CHECK(ReadStateFiles(config) == before);
  CHECK_FALSE(provider.stub.Encrypt("another").status.ok());
  provider.CheckOpens(sealed, "a value");
  std::this_thread::sleep_for(Milliseconds(2100));
  const auto freed = std::time(nullptr);
  disk.Free();
  REQUIRE(Eventually(Milliseconds(5000), [&] { return provider.Healthy(); }));
  // Exactly the one that failed: seen when it was first seen, not when there was room again.
  const auto observed = PendingRecord(config).at("observedAtUnix").get<std::int64_t>();
  CHECK(observed >= filled);
  CHECK(observed < freed - 1);
  CHECK(provider.KeyId() == key_id);
  provider.CheckOpens(sealed, "a value");
  provider.CheckRoundTrip();
}

TEST_CASE("Full disk: a count that cannot be saved leaves Status healthy and is told") {
  Bench bench;
  const ProviderConfig config = SlowlyCounting(bench);
  const SmallDisk disk(config);
  if (disk.Skipped()) return;
  const Serving provider(config);
  bench.setup.RotateKey();
  REQUIRE(Eventually(Milliseconds(5000), [&] { return PendingRecord(config).is_object(); }));
  disk.Fill();
  const auto degraded = [&] {
    return provider.process.Metric("openbao_kms_rotation_persistence_degraded") == 1;
  };
  REQUIRE(Eventually(Milliseconds(5000), degraded));
  const StateFiles held = ReadStateFiles(config);
  for (int i = 0; i < 10; ++i) {
    CHECK(provider.Healthy());
    provider.CheckRoundTrip();
    std::this_thread::sleep_for(Milliseconds(100));
  }
  CHECK(provider.Ready().at("persistence_degraded") == true);
  CHECK(ReadStateFiles(config) == held);
  disk.Free();
  REQUIRE(Eventually(Milliseconds(5000), [&] { return !degraded(); }));
  CHECK(Eventually(Milliseconds(5000), [&] { return ReadStateFiles(config) != held; }));
  CHECK(provider.Healthy());
}

TEST_CASE("Full disk: a start that must write says that no space is left and changes nothing") {
  Bench bench;
  const ProviderConfig config = SlowlyCounting(bench);
  const SmallDisk disk(config);
  if (disk.Skipped()) return;
  StateFiles first, second;
  {
    const Serving provider(config);
    first = ReadStateFiles(config);
    bench.setup.RotateKey();
    REQUIRE(Eventually(Milliseconds(5000), [&] {
      second = ReadStateFiles(config);
      const Json state = Json::parse(second.state, nullptr, false);
      return state.value("generation", 0) == 2;
    }));
  }
  const StateFiles behind{second.state, first.checkpoint};
  WriteStateFiles(config, behind);
  disk.Fill();
  {
    ProviderProcess provider(config);
    const std::string line = CheckExits(provider, 5);
    CHECK_MESSAGE(line.find("no space is left; free some") != std::string::npos, line);
    CHECK(ReadStateFiles(config) == behind);
  }
  disk.Free();
  const Serving provider(config);
  provider.CheckRoundTrip();
}

TEST_CASE("Full disk: a first start names the state path and the free space") {
  Bench bench;
  ProviderConfig config = bench.Config();
  config.tree["bootstrap"]["graceTimeout"] = "0s";
  config.Write();
  const SmallDisk disk(config);
  if (disk.Skipped()) return;
  disk.Fill();
  {
    ProviderProcess provider(config);
    const std::string line = CheckExits(provider, 5);
    CHECK_MESSAGE(line.find("state.path could not be written") != std::string::npos, line);
    CHECK_MESSAGE(line.find("free space") != std::string::npos, line);
    CHECK(ReadStateFiles(config) == StateFiles{});
  }
  disk.Free();
  const Serving provider(config);
  provider.CheckRoundTrip();
}

}  // namespace
}  // namespace baokms::e2e
