// docs/encrypt-a-cluster.md, from plaintext to encrypted and back, with a real kube-apiserver that
// is never restarted.
#include <doctest/doctest.h>

#include "tests/e2e/kubernetes/control_plane.h"

namespace baokms::e2e {
namespace {

TEST_CASE("Encrypting a cluster: in two phases and back with nothing unreadable in between") {
  if (SkippedWithoutControlPlane()) return;
  ControlPlane plane;
  const Resource& secrets = EncryptedResources().front();
  plane.Begin(plane.Readers());
  plane.Create("phase-1");
  CHECK(Says(plane.Stored(secrets, "phase-1"), "plain-value-of-phase-1"));
  CHECK(plane.Encrypted(plane.Census()) == 0);

  MESSAGE("phase 2 in use after " << plane.Reload(plane.Writers()) << " s");
  plane.Create("phase-2");
  CHECK_FALSE(Says(plane.Stored(secrets, "phase-2"), "plain-value-of-phase-2"));
  CHECK(Says(plane.Stored(secrets, "phase-1"), "plain-value-of-phase-1"));
  Json census = plane.Census();
  CHECK(plane.Encrypted(census) == 3);
  CHECK(plane.Plaintext(census) >= 3);

  plane.Rewrite();
  CHECK_FALSE(Says(plane.Stored(secrets, "phase-1"), "plain-value-of-phase-1"));
  census = plane.Census();
  CHECK(plane.EncryptedUnder(census, 1) >= 6);
  INFO(census.dump(1));
  REQUIRE(plane.Plaintext(census) == 0);

  MESSAGE("without identity after " << plane.Reload(plane.WritersOnly()) << " s");
  plane.Create("without-identity");
  CHECK(plane.Plaintext(plane.Census()) == 0);
  // What somebody puts into etcd past the API server is refused now.
  plane.etcd.Put({{secrets.key + "smuggled", R"({"kind":"Secret","apiVersion":"v1"})"}});
  CHECK(plane.ReadSecret("smuggled").status == 500);
  plane.etcd.Delete(secrets.key + "smuggled");

  // The way out, one step at a time too.
  MESSAGE("back in phase 2 after " << plane.Reload(plane.Writers()) << " s");
  MESSAGE("back in phase 1 after " << plane.Reload(plane.Readers()) << " s");
  plane.Create("on-the-way-back");
  CHECK(Says(plane.Stored(secrets, "on-the-way-back"), "plain-value-of-on-the-way-back"));
  plane.Rewrite();
  REQUIRE(plane.Encrypted(plane.Census()) == 0);
  MESSAGE("without the provider after " << plane.Reload(plane.IdentityOnly()) << " s");
  plane.provider->process.Kill();
  plane.CheckReadable();
  plane.Create("plain-again");
  CHECK(plane.api.Ready());
  CHECK(plane.api.Live());
}

}  // namespace
}  // namespace baokms::e2e
