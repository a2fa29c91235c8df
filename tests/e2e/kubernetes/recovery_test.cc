// A node whose state files are lost while kube-apiserver has objects under two key versions.
#include <doctest/doctest.h>

#include "tests/e2e/kubernetes/control_plane.h"
#include "tests/e2e/support/lost_state.h"

namespace baokms::e2e {
namespace {

TEST_CASE("API server recovery: with a state made anew by a census every object stays readable") {
  if (SkippedWithoutControlPlane()) return;
  ControlPlane plane;
  plane.Begin(plane.WritersOnly());
  plane.Create("before");
  const std::string second = RotateAndPromote(plane.bench, *plane.provider);
  // A start that takes the new key_id at once.
  plane.api.Restart();
  plane.Create("after");
  const Resource& secrets = EncryptedResources().front();
  REQUIRE(Says(plane.Stored(secrets, "after"), second));

  plane.provider->process.Kill();
  plane.provider.reset();
  LoseFiles(plane.node.config);
  const std::string census = plane.node.config.directory().File("census.json");
  testing::WriteWholeFile(census, plane.Census().dump(), 0640);
  const Json applied = Recover(plane.node.config, {"--evidence", census});
  for (const Json& version : applied.at("versions")) CHECK(version.at("objects").get<int>() >= 3);
  plane.provider.emplace(plane.node.config);
  CHECK(plane.provider->KeyId() == second);
  // A start that remembers nothing.
  plane.api.Restart();
  plane.CheckReadable();
  plane.Create("recovered");
  plane.CheckReadable();
  CHECK(plane.api.Ready());
}

}  // namespace
}  // namespace baokms::e2e
