// What a core file of a serving provider would give away: no secret, although the token is in use
// (security-and-deployment.md, "Process").
#include "tests/e2e/support/core_image.h"

#include <doctest/doctest.h>

#include "tests/e2e/support/bench.h"
#include "tests/e2e/support/leak_search.h"
#include "tests/support/skip.h"

namespace baokms::e2e {
namespace {

TEST_CASE("Memory: a core image holds no plaintext and no JWT and no token") {
  if (testing::SkippedWithoutRoot() || SkippedWithoutGcore()) return;
  Bench bench;
  const ProviderConfig config = bench.Config();
  Serving provider(config);
  const pid_t pid = provider.process.child().pid();
  const std::string plaintext = "canary-plaintext-in-no-core-file-51d0c8";
  for (int i = 0; i < 3; ++i) provider.CheckRoundTrip(plaintext);
  // Buffers that are reused hold the last call until the next one.
  for (int i = 0; i < 3; ++i) provider.CheckRoundTrip(std::string(plaintext.size() + 3, 'x'));

  LeakSearch secrets;
  secrets.Plant("plaintext", plaintext);
  secrets.PlantJwt(testing::ReadWholeFile(config.jwt_file()));
  const std::set<std::string> tokens = TokensOf(pid, bench.openbao());
  REQUIRE_FALSE(tokens.empty());
  for (const std::string& token : tokens) secrets.Plant("token", token);

  std::string image = CoreImageOf(pid);
  // A thread that has not run since may still have a call on its stack.
  for (int i = 0; i < 5 && !secrets.In("a core image", image).empty(); ++i) {
    provider.CheckRoundTrip(std::string(plaintext.size() + 3, 'y'));
    image = CoreImageOf(pid);
  }
  std::string around = AroundIn(image, plaintext);
  for (const std::string& token : tokens) around += "; a token " + AroundIn(image, token);
  INFO(around);
  for (const std::string& leak : secrets.In("a core image", image)) FAIL_CHECK(leak);
  // The same search finds what is there: the active key_id.
  LeakSearch key_id;
  key_id.Plant("key_id", provider.KeyId());
  CHECK_FALSE(key_id.In("a core image", image).empty());
  provider.CheckRoundTrip();
}

}  // namespace
}  // namespace baokms::e2e
