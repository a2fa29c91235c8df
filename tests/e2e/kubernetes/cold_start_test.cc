// Parts of a control plane start in any order, and minutes apart.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <optional>
#include <thread>

#include "tests/e2e/kubernetes/outage.h"

namespace baokms::e2e {
namespace {

using Steady = std::chrono::steady_clock;

void Pause(Milliseconds pause) { std::this_thread::sleep_for(pause); }

// Of a plane with one object of each resource, all but etcd.
void StopAll(ControlPlane& plane) {
  plane.api.Kill();
  plane.provider.reset();
  SharedOpenBao().Stop();
}

TEST_CASE("API server cold start: it gets ready by itself once the provider is there") {
  if (SkippedWithoutControlPlane()) return;
  ControlPlane plane;
  plane.Begin(plane.WritersOnly());
  plane.Create("object");
  plane.api.Kill();
  plane.provider.reset();

  plane.api.Launch();
  for (const int seconds : {10, 20, 20}) {
    Pause(std::chrono::seconds(seconds));
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

// The provider as its systemd unit runs it: started again 5 s after its end.
class Supervised {
 public:
  explicit Supervised(const ProviderConfig& config) : config_(config) { process_.emplace(config); }
  void Look() {
    if (process_ && !process_->child().Running()) {
      process_.reset();
      ended_ = Steady::now();
    }
    if (!process_ && SecondsSince(ended_) > 5) process_.emplace(config_);
  }
  bool Ready() { return process_ && process_->Health("/ready").status == 200; }

 private:
  const ProviderConfig& config_;
  std::optional<ProviderProcess> process_;
  Steady::time_point ended_;
};

TEST_CASE("API server cold start: minutes without OpenBao do not delay what comes after them") {
  if (SkippedWithoutControlPlane()) return;
  ControlPlane plane;
  UseDefaultIntervals(plane);
  plane.Begin(plane.WritersOnly());
  plane.Create("object");
  StopAll(plane);

  Supervised provider(plane.node.config);
  plane.api.Launch();
  for (const auto begun = Steady::now(); SecondsSince(begun) < 240;) {
    provider.Look();
    CHECK_FALSE(plane.api.Ready());
    Pause(Milliseconds(500));
  }
  // It was connected, and heard why nothing works.
  CHECK_FALSE(plane.api.LogLines("got unexpected healthz status: unhealthy").empty());
  const auto back = Steady::now();
  SharedOpenBao().Start();
  std::optional<double> served;
  std::string lacks;
  REQUIRE(Eventually(Milliseconds(240000), [&] {
    provider.Look();
    if (!served && provider.Ready()) served = SecondsSince(back);
    return IsReady(plane, lacks);
  }));
  const double ready = SecondsSince(back);
  MESSAGE("OpenBao was away for 240 s: provider healthy "
          << served.value_or(0) << " s, kube-apiserver ready " << ready
          << " s after it is back; last it lacked " << lacks);
  // The provider's next start and probe, the next Status, and kube-apiserver's own next attempt to
  // read what it could not, each up to some 10 s.
  CHECK(ready < 60);
  plane.CheckReadable();
  CHECK(plane.WriteSecret("afterwards").status == 201);
}

struct Part {
  const char* name;
  std::function<void()> start;
  std::function<bool()> ready;
  Steady::time_point started = {};
  std::optional<double> took = {};
};

TEST_CASE("API server cold start: whatever the order of the others everything gets ready") {
  if (SkippedWithoutControlPlane()) return;
  ControlPlane plane;
  UseDefaultIntervals(plane);
  plane.Begin(plane.WritersOnly());
  plane.Create("object");
  std::array<int, 3> order = {0, 1, 2};
  do {
    StopAll(plane);
    plane.etcd.Stop();
    plane.etcd.Start();
    std::optional<ProviderProcess> provider;
    std::array<Part, 3> parts = {
        Part{.name = "OpenBao",
             .start = [] { SharedOpenBao().Start(); },
             .ready = [] { return true; }},  // unsealed when its start returns
        Part{.name = "provider",
             .start = [&] { provider.emplace(plane.node.config); },
             .ready = [&] { return provider->Health("/ready").status == 200; }},
        Part{.name = "kube-apiserver",
             .start = [&] { plane.api.Launch(); },
             .ready = [&] { return plane.api.Ready(); }}};
    const auto look = [&] {
      bool all = true;
      for (Part& part : parts) {
        if (part.started == Steady::time_point{} || part.took) continue;
        if (part.ready()) part.took = SecondsSince(part.started);
        all = all && part.took;
      }
      return all;
    };
    std::string told;
    for (const int next : order) {
      Part& part = parts[next];
      part.started = Steady::now();
      part.start();
      told += std::string(told.empty() ? "" : ", ") + part.name;
      if (next == order.back()) break;
      for (const auto begun = part.started; SecondsSince(begun) < 20; Pause(Milliseconds(100))) {
        look();
      }
    }
    REQUIRE(Eventually(Milliseconds(180000), look));
    const double last = SecondsSince(parts[order.back()].started);
    for (const Part& part : parts) {
      told += std::string("; ") + part.name + " ready after " + std::to_string(*part.took) + " s";
    }
    MESSAGE("20 s apart, in the order " << told << "; all " << last << " s after the last start");
    CHECK(last < 60);
    plane.CheckReadable();
    CHECK(
        plane.WriteSecret("order-" + std::to_string(order[0]) + std::to_string(order[1])).status ==
        201);
  } while (std::next_permutation(order.begin(), order.end()));
}

}  // namespace
}  // namespace baokms::e2e
