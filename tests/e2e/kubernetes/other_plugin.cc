#include "tests/e2e/kubernetes/other_plugin.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include "tests/e2e/support/bench.h"
#include "tests/support/skip.h"

namespace baokms::e2e {

bool SkippedWithoutOtherPlugin() {
  return access(BAOKMS_KMSPLUGIN_PATH, X_OK) != 0 &&
         testing::SaySkipped("no kmsplugin: " BAOKMS_KMSPLUGIN_MISSING);
}

OtherPlugin::OtherPlugin() {
  directory_.Write("key", "a key of thirty-two bytes, as is");
  process_ = std::make_unique<testing::ChildProcess>(testing::ChildProcess::Options{
      .argv = {BAOKMS_KMSPLUGIN_PATH, "--socket", socket(), "--key", directory_.File("key")},
      .stderr_file = directory_.File("err")});
  const testing::KmsStub stub(socket());
  const bool serves =
      Eventually(Milliseconds(20000), [&] { return stub.Status().healthz == "ok"; });
  INFO(process_->Stderr());
  REQUIRE(serves);
}

}  // namespace baokms::e2e
