// A rotation as a real kube-apiserver sees it, from the new key_id to the retired version.
#include <doctest/doctest.h>

#include "tests/e2e/kubernetes/control_plane.h"

namespace baokms::e2e {
namespace {

TEST_CASE(
    "API server rotation: it follows Status, rewriting frees the version, and it is retired") {
  if (SkippedWithoutControlPlane()) return;
  ControlPlane plane;
  plane.Begin(plane.WritersOnly());
  const std::string first = plane.provider->KeyId();
  plane.Create("before");
  const std::string second = RotateAndPromote(plane.bench, *plane.provider);
  REQUIRE(first != second);
  MESSAGE("kube-apiserver follows after " << SecondsUntil(Milliseconds(120000), [&] {
            plane.CheckReadable();
            std::this_thread::sleep_for(Milliseconds(200));
            return LastStatusWith(second, plane.api) > 0;
          }) << " s");
  const Resource& secrets = EncryptedResources().front();
  CHECK(Says(plane.Stored(secrets, "before"), first));
  plane.Create("after");
  CHECK(Says(plane.Stored(secrets, "after"), second));
  Json census = plane.Census();
  const int old_ones = plane.EncryptedUnder(census, 1);
  CHECK(old_ones >= 3);
  CHECK(plane.EncryptedUnder(census, 2) >= 3);

  plane.Rewrite();
  census = plane.Census();
  INFO(census.dump(1));
  CHECK(plane.EncryptedUnder(census, 1) == 0);
  REQUIRE(census.at("unreferencedVersions").size() == 1);
  CHECK(census.at("unreferencedVersions").at(0).at("transitVersion") == 1);

  plane.provider->process.Terminate();
  plane.provider.reset();
  plane.node.Apply({"retire-versions", "--before-version", "2"});
  plane.provider.emplace(plane.node.config);
  // A start that remembers nothing.
  plane.api.Restart();
  plane.CheckReadable();
  plane.Create("retired");
  CHECK(plane.api.Ready());
  CHECK(plane.api.Live());
}

TEST_CASE(
    "API server rotation: a rewrite before the next Status reports success and changes nothing") {
  if (SkippedWithoutControlPlane()) return;
  ControlPlane plane;
  plane.Begin(plane.WritersOnly());
  plane.Create("object");
  plane.Create("other");
  const Resource& secrets = EncryptedResources().front();
  const std::string first = plane.provider->KeyId();
  // Just after a Status, so that almost a minute is left until the next one.
  const double begun = LastStatusWith(first, plane.api);
  SecondsUntil(Milliseconds(120000), [&] {
    std::this_thread::sleep_for(Milliseconds(200));
    return LastStatusWith(first, plane.api) > begun;
  });
  const std::string second = RotateAndPromote(plane.bench, *plane.provider);
  const std::string before = plane.Stored(secrets, "object");
  CHECK(plane.Rewrite() >= 6);
  Json census = plane.Census();
  REQUIRE(LastStatusWith(second, plane.api) == 0);
  // kube-apiserver takes the object for one that is as it should be: etcd is not written to at all.
  CHECK(plane.Stored(secrets, "object") == before);
  CHECK(plane.EncryptedUnder(census, 1) >= 6);
  CHECK(plane.EncryptedUnder(census, 2) == 0);

  MESSAGE("kube-apiserver follows after " << SecondsUntil(Milliseconds(120000), [&] {
            std::this_thread::sleep_for(Milliseconds(200));
            return LastStatusWith(second, plane.api) > 0;
          }) << " s");
  CHECK(plane.Rewrite() >= 6);
  census = plane.Census();
  INFO(census.dump(1));
  CHECK(plane.EncryptedUnder(census, 1) == 0);
  CHECK(plane.EncryptedUnder(census, 2) >= 6);
  CHECK(Says(plane.Stored(secrets, "object"), second));
  plane.CheckReadable();
}

}  // namespace
}  // namespace baokms::e2e
