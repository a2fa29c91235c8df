// The serving program is killed at each step of its saves; the next start opens everything that was
// ever sealed (registry-and-rotation.md, "Save"). Each system call, and what a power loss adds, is
// tried in tests/app/crash.
#include <doctest/doctest.h>
#include <signal.h>

#include <vector>

#include "tests/e2e/support/bench.h"

namespace baokms::e2e {
namespace {

// Calls that kill_at_call counts: unlink, chmod, fsync, rename, fsync for each of the two files.
constexpr int kCallsOfASave = 10;

ProviderProcess::Options KilledAtCall(int number) {
  return {.environment = {{"LD_PRELOAD", BAOKMS_KILL_AT_CALL_PATH},
                          {"BAOKMS_TEST_KILL_AT_CALL", std::to_string(number)}}};
}

// Seals through the provider as long as it lives; whether SIGKILL ended it.
bool SealUntilKilled(const ProviderConfig& config, int number,
                     std::vector<testing::SealedObject>& sealed) {
  ProviderProcess provider(config, KilledAtCall(number));
  if (provider.WaitServing(Milliseconds(5000))) {
    const testing::KmsStub stub(config.socket());
    for (int turn = 0; turn < 1000 && provider.child().Running(); ++turn) {
      testing::EncryptAnswer answer = stub.Encrypt("while it lived");
      if (answer.status.ok()) sealed.push_back(std::move(answer.sealed));
      static_cast<void>(provider.child().Wait(Milliseconds(5)));
    }
  }
  const auto ended = provider.child().Wait(Milliseconds(5000));
  return ended && ended->signal == SIGKILL;
}

void SetFastRotation(ProviderConfig& config) {
  config.tree["rotation"]["requireStableObservationCount"] = 1;
  config.tree["rotation"]["activationDelay"] = "400ms";
  config.Write();
}

TEST_CASE("Killed provider: at each step of bootstrap's save the next start serves") {
  Bench bench;
  ProviderConfig config = bench.Config();
  SetFastRotation(config);
  // One fsync comes with the lock.
  for (int number = 1; number <= 1 + kCallsOfASave; ++number) {
    CAPTURE(number);
    WriteStateFiles(config, {});
    std::vector<testing::SealedObject> sealed;
    REQUIRE(SealUntilKilled(config, number, sealed));
    CHECK(sealed.empty());
    const Serving provider(config);
    provider.CheckRoundTrip();
    CHECK(VersionsIn(ReadState(config), "active") == std::vector{1});
  }
}

TEST_CASE("Killed provider: at each step of a rotation everything sealed before still opens") {
  Bench bench;
  ProviderConfig config = bench.Config();
  SetFastRotation(config);
  StateFiles before;
  testing::SealedObject old;
  {
    const Serving provider(config);
    old = provider.Seal("before the rotation");
    before = ReadStateFiles(config);
  }
  bench.setup.RotateKey();
  int kills = 0;
  int while_rotated = 0;
  // The candidate, which is stable at once, and its promotion.
  for (int number = 1; number <= 1 + 2 * kCallsOfASave; ++number) {
    CAPTURE(number);
    WriteStateFiles(config, before);
    std::vector<testing::SealedObject> sealed;
    REQUIRE(SealUntilKilled(config, number, sealed));
    ++kills;
    const Serving provider(config);
    provider.CheckOpens(old, "before the rotation");
    for (const testing::SealedObject& object : sealed) {
      ++while_rotated;
      provider.CheckOpens(object, "while it lived");
    }
    CHECK(Eventually(Milliseconds(10000),
                     [&] { return VersionsIn(ReadState(config), "active") == std::vector{2}; }));
  }
  CHECK(while_rotated > 0);
  MESSAGE(kills << " kills in a rotation, " << while_rotated << " objects sealed meanwhile");
}

}  // namespace
}  // namespace baokms::e2e
