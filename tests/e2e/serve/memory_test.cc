// What stays of secrets in the memory of a serving provider: nothing
// (security-and-deployment.md, "Process").
#include <doctest/doctest.h>

#include "tests/e2e/support/bench.h"
#include "tests/e2e/support/process_memory.h"
#include "tests/support/emulator/encoding.h"
#include "tests/support/skip.h"

namespace baokms::e2e {
namespace {

TEST_CASE("Memory: after the answers no copy of a plaintext or of the JWT is left") {
  if (testing::SkippedWithoutRoot()) return;
  Bench bench;
  const ProviderConfig config = bench.Config();
  Serving provider(config);
  // Its length is a multiple of three, so its base64 is found wherever it stands.
  const std::string plaintext = "canary-plaintext-that-nobody-keeps-7b1e22-";
  REQUIRE(plaintext.size() % 3 == 0);
  const std::string jwt = testing::ReadWholeFile(config.jwt_file());
  const pid_t pid = provider.process.child().pid();
  for (int i = 0; i < 3; ++i) provider.CheckRoundTrip(plaintext);
  // Buffers that are reused hold the last call until the next one.
  for (int i = 0; i < 3; ++i) provider.CheckRoundTrip(std::string(plaintext.size() + 3, 'x'));

  const std::string encoded = emulator::Base64Encode(plaintext);
  std::vector<MemoryRegion> memory;
  const auto copies = [&] {
    memory = ReadMemory(pid);
    std::vector<std::string> found;
    for (const std::string& secret : {plaintext, encoded, jwt.substr(0, jwt.find('\n'))}) {
      for (const std::string& region : CopiesOf(secret, memory)) found.push_back(region);
    }
    return found;
  };
  std::vector<std::string> left = copies();
  // A thread that has not run since may still have a call on its stack.
  for (int i = 0; i < 20 && !left.empty(); ++i) {
    provider.CheckRoundTrip(std::string(plaintext.size() + 3, 'y'));
    left = copies();
  }
  for (const std::string& region : left) FAIL_CHECK("a secret is left in " << region);
  // The same search finds what must be there: the active key_id.
  CHECK_FALSE(CopiesOf(provider.KeyId(), memory).empty());
}

}  // namespace
}  // namespace baokms::e2e
