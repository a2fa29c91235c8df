// kube-apiserver starts while its provider is away, and the provider comes back.
#include <doctest/doctest.h>

#include <thread>

#include "tests/e2e/kubernetes/control_plane.h"

namespace baokms::e2e {
namespace {

TEST_CASE("API server cold start: it gets ready by itself once the provider is there") {
  if (SkippedWithoutControlPlane()) return;
  ControlPlane plane;
  plane.Begin(plane.WritersOnly());
  plane.Create("object");
  plane.api.Kill();
  plane.provider->process.Kill();
  plane.provider.reset();

  plane.api.Launch();
  for (const int seconds : {10, 20, 20}) {
    std::this_thread::sleep_for(std::chrono::seconds(seconds));
    CHECK_FALSE(plane.api.Ready());
  }
  for (const std::string& line : plane.api.LogLines("failed health check probe")) MESSAGE(line);
  plane.provider.emplace(plane.node.config);
  // gRPC's own pause between two attempts to connect: it grows by 1.6 to 120 s while nobody
  // listens.
  MESSAGE("ready " << SecondsUntil(Milliseconds(180000), [&] { return plane.api.Ready(); })
                   << " s after the provider, which was away for 50 s");
  plane.CheckReadable();
  plane.Create("afterwards");
}

}  // namespace
}  // namespace baokms::e2e
