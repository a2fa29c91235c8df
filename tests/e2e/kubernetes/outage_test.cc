// What a cluster does while its provider or OpenBao is away, with a real kube-apiserver.
#include <doctest/doctest.h>

#include <csignal>
#include <thread>

#include "tests/e2e/kubernetes/control_plane.h"

namespace baokms::e2e {
namespace {

double Seconds(std::chrono::steady_clock::time_point since) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - since).count();
}

// From now on until writes are refused, which is three minutes after the last good Status: what is
// read stays readable, and new writes work. Then `back`, and writes work again.
void CheckOutage(ControlPlane& plane, const std::function<void()>& back) {
  const auto begun = std::chrono::steady_clock::now();
  double unready = 0;
  int written = 0;
  testing::HttpAnswer refused;
  REQUIRE(Eventually(Milliseconds(300000), [&] {
    plane.CheckReadable();
    if (unready == 0 && !plane.api.Ready()) unready = Seconds(begun);
    // It has no part in the plugin: the kubelet must not restart kube-apiserver for it.
    CHECK(plane.api.Live());
    refused = plane.WriteSecret("during-" + std::to_string(written));
    if (refused.status != 201) return true;
    ++written;
    std::this_thread::sleep_for(Milliseconds(1000));
    return false;
  }));
  MESSAGE("/readyz fails after " << unready << " s, writes after " << Seconds(begun)
                                 << " s: " << refused.status << " " << refused.body);
  CHECK(unready > 0);
  // Three minutes from the last good Status, which is at most a minute old.
  CHECK(Seconds(begun) > 110);
  CHECK(refused.status == 500);
  plane.CheckReadable();
  back();
  MESSAGE("writes work again after " << SecondsUntil(Milliseconds(180000), [&] {
            std::this_thread::sleep_for(Milliseconds(200));
            const int status = plane.WriteSecret("back").status;
            return status == 201 || status == 409;
          }) << " s");
  CHECK(Eventually(Milliseconds(60000), [&] { return plane.api.Ready() && plane.api.Live(); }));
  plane.CheckReadable();
}

struct Outage {
  ControlPlane plane;
  Outage() {
    plane.Begin(plane.WritersOnly());
    plane.Create("object");
  }
};

TEST_CASE("API server outage: a killed provider costs no read and no write for two minutes") {
  if (SkippedWithoutControlPlane()) return;
  Outage outage;
  outage.plane.provider->process.Kill();
  CheckOutage(outage.plane, [&] {
    outage.plane.provider.reset();
    outage.plane.provider.emplace(outage.plane.node.config);
  });
}

TEST_CASE("API server outage: a provider that hangs costs no read and no write for two minutes") {
  if (SkippedWithoutControlPlane()) return;
  Outage outage;
  outage.plane.provider->process.child().Signal(SIGSTOP);
  CheckOutage(outage.plane, [&] { outage.plane.provider->process.child().Signal(SIGCONT); });
}

TEST_CASE("API server outage: a sealed OpenBao costs no read and no write for two minutes") {
  if (SkippedWithoutControlPlane()) return;
  Outage outage;
  SharedOpenBao().Seal();
  CheckOutage(outage.plane, [] { SharedOpenBao().Unseal(); });
}

}  // namespace
}  // namespace baokms::e2e
