// Everything dies at once under writes, as when a machine loses power, and starts again.
#include <doctest/doctest.h>

#include <atomic>
#include <csignal>
#include <mutex>
#include <thread>

#include "tests/e2e/kubernetes/outage.h"
#include "tests/support/harness/real_openbao.h"

namespace baokms::e2e {
namespace {

// Writes Secrets from several threads until it is stopped.
class Writers {
 public:
  Writers(const ControlPlane& plane, const std::string& prefix) {
    for (int number = 0; number < 4; ++number) {
      threads_.emplace_back([this, &plane, name = prefix + std::to_string(number) + "-"] {
        for (int i = 0; !stop_; ++i) {
          const std::string secret = name + std::to_string(i);
          if (plane.WriteSecret(secret).status != 201) continue;
          const std::lock_guard lock(mutex_);
          acknowledged_.push_back(secret);
        }
      });
    }
  }
  ~Writers() { Stop(); }
  Writers(const Writers&) = delete;
  Writers& operator=(const Writers&) = delete;

  // What the API server said that it had written.
  Names Stop() {
    stop_ = true;
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
    return acknowledged_;
  }

 private:
  std::atomic<bool> stop_ = false;
  std::mutex mutex_;
  Names acknowledged_;
  std::vector<std::thread> threads_;
};

// SIGKILL for all of them, within a few milliseconds.
void KillAll(ControlPlane& plane) {
  plane.etcd.process().Signal(SIGKILL);
  plane.provider->process.child().Signal(SIGKILL);
  if (OnRealOpenBao()) {
    kill(dynamic_cast<testing::RealOpenBao&>(SharedOpenBao()).pid(), SIGKILL);
  }
  plane.api.Kill();
  SharedOpenBao().Stop();
  plane.provider.reset();
  REQUIRE(plane.etcd.process().Wait(Milliseconds(5000)).has_value());
}

TEST_CASE("API server power loss: what was acknowledged is read after everything was killed") {
  if (SkippedWithoutControlPlane()) return;
  ControlPlane plane;
  plane.Begin(plane.WritersOnly());
  plane.Create("object");
  Names acknowledged;
  // Every other time during a rotation, when state files are being written: later each time.
  for (int round = 0; round < 6; ++round) {
    CAPTURE(round);
    Writers writers(plane, "round-" + std::to_string(round) + "-");
    std::this_thread::sleep_for(Milliseconds(2000));
    if (round % 2 == 1) {
      plane.bench.setup.RotateKey();
      std::this_thread::sleep_for(Milliseconds(250 * round));
    }
    KillAll(plane);
    const Names written = writers.Stop();
    CHECK(written.size() > 10);
    acknowledged.insert(acknowledged.end(), written.begin(), written.end());

    const auto begun = std::chrono::steady_clock::now();
    plane.etcd.Start();
    SharedOpenBao().Start();
    // REQUIREs that it takes its state files and gets healthy.
    plane.provider.emplace(plane.node.config);
    plane.api.Start();
    MESSAGE(written.size() << " writes acknowledged; all ready again after " << SecondsSince(begun)
                           << " s, active versions "
                           << Json(VersionsIn(ReadState(plane.node.config), "active")).dump());
    plane.CheckReadable();
    for (const std::string& secret : acknowledged) {
      CAPTURE(secret);
      CHECK(plane.SecretIsReadable(secret));
    }
    plane.node.Report({"verify-key"});
  }
  // All three rotations have been followed, and nothing was lost on the way.
  CHECK(Eventually(Milliseconds(10000), [&] {
    return VersionsIn(ReadState(plane.node.config), "active") == std::vector{4};
  }));
  plane.Create("afterwards");
}

}  // namespace
}  // namespace baokms::e2e
