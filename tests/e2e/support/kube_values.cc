#include "tests/e2e/support/kube_values.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <sstream>
#include <string_view>

#include "tests/support/emulator/encoding.h"
#include "tests/support/harness/child_process.h"
#include "tests/support/harness/temp_directory.h"
#include "tests/support/skip.h"

namespace baokms::e2e {

std::string KubeClient() {
  const char* named = std::getenv("BAOKMS_KUBECLIENT");
  const std::string path = named != nullptr ? named : BAOKMS_KUBECLIENT_PATH;
  return access(path.c_str(), X_OK) == 0 ? path : "";
}

bool SkippedWithoutKubeClient() {
  if (!KubeClient().empty()) return false;
  const std::string why = BAOKMS_KUBECLIENT_MISSING;
  return testing::SaySkipped("kubeclient: " + (why.empty() ? "the program was not built" : why));
}

testing::EtcdUnderTest::Objects StoredSecrets(const ProviderConfig& config, int count) {
  const testing::TempDirectory directory;
  testing::ChildProcess client(
      {.argv = {KubeClient(), "--socket", config.socket(), "--name",
                config.tree.at("transit").at("keyIdScope").at("providerName"), "--print-values",
                std::to_string(count)},
       .stdout_file = directory.File("out"),
       .stderr_file = directory.File("err")});
  const auto ended = client.Wait(std::chrono::seconds(60));
  INFO(client.Stderr());
  REQUIRE(ended == testing::ExitStatus{.code = 0, .signal = std::nullopt});
  testing::EtcdUnderTest::Objects objects;
  std::istringstream lines(client.Stdout());
  for (std::string word, key, value; lines >> word >> key >> value;) {
    REQUIRE(word == "VALUE");
    const auto stored = emulator::Base64Decode(value);
    REQUIRE(stored.has_value());
    objects.emplace_back(key, *stored);
  }
  REQUIRE(objects.size() == static_cast<std::size_t>(count));
  return objects;
}

}  // namespace baokms::e2e
