// What a cluster does while its provider or OpenBao is away or answers badly, with a real
// kube-apiserver. The figures are in docs/encrypt-a-cluster.md.
#include "tests/e2e/kubernetes/outage.h"

#include <doctest/doctest.h>

#include <csignal>

#include "tests/support/harness/real_openbao.h"

namespace baokms::e2e {
namespace {

TEST_CASE("API server outage: a killed provider costs no read and no write for two minutes") {
  if (SkippedWithoutControlPlane()) return;
  CheckWritesStop({.begin = [](ControlPlane& plane) { plane.provider->process.Kill(); },
                   .end =
                       [](ControlPlane& plane) {
                         plane.provider.reset();
                         plane.provider.emplace(plane.node.config);
                       }});
}

TEST_CASE("API server outage: a provider that hangs costs no read and no write for two minutes") {
  if (SkippedWithoutControlPlane()) return;
  const auto signal = [](int number) {
    return [number](ControlPlane& plane) { plane.provider->process.child().Signal(number); };
  };
  CheckWritesStop({.begin = signal(SIGSTOP), .end = signal(SIGCONT)});
}

TEST_CASE("API server outage: a stopped OpenBao costs no read and no write for two minutes") {
  if (SkippedWithoutControlPlane()) return;
  CheckWritesStop({.begin = [](ControlPlane&) { SharedOpenBao().Stop(); },
                   .end = [](ControlPlane&) { SharedOpenBao().Start(); }});
}

TEST_CASE("API server outage: a sealed OpenBao costs no read and no write for two minutes") {
  if (SkippedWithoutControlPlane()) return;
  CheckWritesStop({.begin = [](ControlPlane&) { SharedOpenBao().Seal(); },
                   .end = [](ControlPlane&) { SharedOpenBao().Unseal(); }});
}

// Every answer to anybody, until the end.
Outage Faults(Json fault) {
  fault["count"] = -1;
  return {.begin = [fault](ControlPlane&) { SharedEmulator().QueueFault(fault); },
          .end = [](ControlPlane&) { SharedEmulator().emulator().ClearFaults(); }};
}

// The real one is stopped as a process.
Outage Hangs() {
  if (!OnRealOpenBao()) return Faults({{"delay_ms", 3600 * 1000}});
  const auto signal = [](int number) {
    return [number](ControlPlane&) {
      kill(dynamic_cast<testing::RealOpenBao&>(SharedOpenBao()).pid(), number);
    };
  };
  return {.begin = signal(SIGSTOP), .end = signal(SIGCONT)};
}

TEST_CASE("API server outage: an OpenBao that hangs costs no read and no write for two minutes") {
  if (SkippedWithoutControlPlane()) return;
  CheckWritesStop(Hangs());
}

TEST_CASE("API server outage: a quota that is used up costs no read and no write for two minutes") {
  if (SkippedWithoutControlPlane()) return;
  constexpr const char* kQuota = "sys/quotas/rate-limit/of-the-mount";
  // One call an hour to the mount; all others are answered with 429.
  const auto begin = [](ControlPlane& plane) {
    SharedOpenBao().MustAdmin("POST", kQuota,
                              {{"path", plane.bench.setup.options().transit_mount + "/"},
                               {"rate", 1},
                               {"interval", "1h"}});
  };
  CheckWritesStop(
      {.begin = begin, .end = [](ControlPlane&) { SharedOpenBao().MustAdmin("DELETE", kQuota); }});
}

TEST_CASE("API server outage: a policy that denies costs no read and no write for two minutes") {
  if (SkippedWithoutControlPlane()) return;
  CheckWritesStop({.begin =
                       [](ControlPlane& plane) {
                         plane.bench.setup.SetPolicy(plane.bench.setup.LeastPrivilegePolicy({}));
                       },
                   .end = [](ControlPlane& plane) { plane.bench.setup.SetPolicy(); }});
}

TEST_CASE("Faults of OpenBao: 500 costs no read and no write for two minutes") {
  if (SkippedWithoutControlPlane()) return;
  CheckWritesStop(
      Faults({{"status", 500}, {"body", {{"errors", Json::array({"internal error"})}}}}));
}

TEST_CASE("Faults of OpenBao: 5 s for each answer cost no read and no write for two minutes") {
  if (SkippedWithoutControlPlane()) return;
  CheckWritesStop(Faults({{"delay_ms", 5000}}));
}

TEST_CASE("Faults of OpenBao: nobody notices 0.3 s for each answer") {
  if (SkippedWithoutControlPlane()) return;
  CheckNothingIsSeen(Faults({{"delay_ms", 300}}));
}

}  // namespace
}  // namespace baokms::e2e
