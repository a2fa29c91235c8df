// The rewrite by Kubernetes itself, as docs/runbooks/rotation.md tells of it.
#include <doctest/doctest.h>
#include <unistd.h>

#include "tests/e2e/kubernetes/control_plane.h"
#include "tests/e2e/kubernetes/rewriter.h"
#include "tests/support/skip.h"

namespace baokms::e2e {
namespace {

const std::string kMigrations = "/apis/storagemigration.k8s.io/v1beta1/storageversionmigrations";

bool SkippedWithoutControllerManager() {
  if (SkippedWithoutControlPlane()) return true;
  return access(BAOKMS_KUBECONTROLLERMANAGER_PATH, X_OK) != 0 &&
         testing::SaySkipped(std::string("no kube-controller-manager: ") +
                             BAOKMS_KUBECONTROLLERMANAGER_MISSING);
}

Json Migration(const Resource& resource) {
  const std::size_t dot = resource.name.find('.');
  const std::string group = dot == std::string::npos ? "" : resource.name.substr(dot + 1);
  const std::string plural = resource.name.substr(0, dot);
  return {{"apiVersion", "storagemigration.k8s.io/v1beta1"},
          {"kind", "StorageVersionMigration"},
          {"metadata", {{"name", "rewrite-" + plural}}},
          {"spec", {{"resource", {{"group", group}, {"resource", plural}}}}}};
}

bool Succeeded(const Json& migration) {
  if (!migration.is_object()) return false;
  const Json conditions = migration.value("status", Json::object()).value("conditions", Json());
  for (const Json& condition : conditions) {
    if (condition.at("type") == "Succeeded" && condition.at("status") == "True") return true;
  }
  return false;
}

TEST_CASE(
    "Storage version migration: kube-controller-manager rewrites what the key of today lacks") {
  if (SkippedWithoutControllerManager()) return;
  ControlPlane plane;
  plane.api.AddArguments({"--feature-gates=StorageVersionMigrator=true",
                          "--runtime-config=storagemigration.k8s.io/v1beta1=true"});
  plane.Begin(plane.WritersOnly());
  plane.Create("first");
  plane.Create("second");
  RotateAndPromote(plane.bench, *plane.provider);
  plane.api.Restart();
  REQUIRE(ControlPlane::EncryptedUnder(plane.Census(), 1) >= 6);

  const Rewriter administrator(plane);
  const testing::TempDirectory directory;
  const testing::ChildProcess manager(
      {.argv = {BAOKMS_KUBECONTROLLERMANAGER_PATH, "--kubeconfig=" + administrator.kubeconfig(),
                "--controllers=garbage-collector-controller,storage-version-migrator-controller",
                "--feature-gates=StorageVersionMigrator=true", "--leader-elect=false",
                "--secure-port=0", "--v=4"},
       .stdout_file = directory.File("log"),
       .stderr_file = directory.File("log")});
  for (const Resource& resource : EncryptedResources()) {
    const testing::HttpAnswer made = plane.api.Ask("POST", kMigrations, Migration(resource));
    INFO(made.body);
    REQUIRE(made.status == 201);
    const std::string name = Migration(resource).at("metadata").at("name");
    std::string last;
    const auto seen = [&](auto what) {
      return Eventually(Milliseconds(120000), [&] {
        last = plane.api.Ask("GET", kMigrations + "/" + name).body;
        return what(Json::parse(last, nullptr, false));
      });
    };
    // The migrator waits until its view of the resource has come this far, which needs a write of
    // anybody's; in a cluster at rest there is none.
    REQUIRE(seen([](const Json& object) {
      return object.is_object() &&
             object.value("status", Json::object()).contains("resourceVersion");
    }));
    plane.Create("after-" + name);
    const bool done = seen(Succeeded);
    CAPTURE(last);
    CAPTURE(testing::ReadWholeFile(directory.File("log")));
    REQUIRE(done);
  }
  const Json census = plane.Census();
  INFO(census.dump(1));
  CHECK(ControlPlane::EncryptedUnder(census, 1) == 0);
  CHECK(ControlPlane::EncryptedUnder(census, 2) >= 6);
  plane.CheckReadable();
}

}  // namespace
}  // namespace baokms::e2e
