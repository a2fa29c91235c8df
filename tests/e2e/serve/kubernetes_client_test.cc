// Kubernetes' own KMS v2 client (tests/kubeclient) against the provider, over a rotation.
#include <doctest/doctest.h>

#include "tests/e2e/support/bench.h"
#include "tests/e2e/support/kube_values.h"

namespace baokms::e2e {
namespace {

TEST_CASE("Kubernetes: its client writes and reads thousands of values across a rotation") {
  if (SkippedWithoutKubeClient()) return;
  Bench bench;
  ProviderConfig config = bench.Config();
  config.tree["logging"]["level"] = "info";
  config.Write();
  const Serving provider(config);
  const std::string before = provider.KeyId();
  testing::ChildProcess client({.argv = {KubeClient(), "--socket", config.socket(), "--values",
                                         "2000", "--parallel", "8", "--wait-rotation", "60s"},
                                .environment = {},
                                .stdout_file = config.directory().File("kubeclient.out"),
                                .stderr_file = config.directory().File("kubeclient.err"),
                                .working_directory = ""});
  const bool waits = Eventually(Milliseconds(60000), [&] {
    return !client.Running() || client.Stdout().find("READY-FOR-ROTATION") != std::string::npos;
  });
  REQUIRE(waits);
  bench.setup.RotateKey();
  const auto ended = client.Wait(Milliseconds(90000));
  const std::string out = client.Stdout();
  INFO(out);
  INFO(client.Stderr());
  REQUIRE(ended.has_value());
  CHECK(ended->code == 0);
  const std::size_t last = out.rfind('\n', out.size() - 2);
  const Json summary =
      Json::parse(out.substr(last == std::string::npos ? 0 : last + 1), nullptr, false);
  REQUIRE(summary.is_object());
  CHECK(summary.at("failures") == 0);
  CHECK(summary.at("writes") >= 4000);
  CHECK(summary.at("keyIds").size() == 2);
  CHECK(summary.at("staleBefore") >= 2000);
  CHECK(summary.at("staleAfter") == 0);
  CHECK(provider.KeyId() != before);
}

}  // namespace
}  // namespace baokms::e2e
