// A three-node Raft cluster loses its leader under steady load: no call fails as long as a node
// answers within the call's budget (request-scheduling.md, "Attempts").
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/e2e/support/bench.h"
#include "tests/support/harness/raft_cluster.h"
#include "tests/support/harness/real_openbao.h"
#include "tests/support/skip.h"

namespace baokms::e2e {
namespace {

using testing::RaftCluster;
using Clock = std::chrono::steady_clock;

constexpr Milliseconds kBudget{2000};  // openbao.timeout

// The longest time without a success.
class Gaps {
 public:
  void Succeeded(Clock::time_point at) {
    const std::lock_guard lock(mutex_);
    if (at <= last_) return;
    longest_ = std::max(longest_, at - last_);
    last_ = at;
  }
  // The one that has not ended counts.
  Milliseconds Longest() const {
    const std::lock_guard lock(mutex_);
    const auto open = Clock::now() - last_;
    return std::chrono::duration_cast<Milliseconds>(std::max(longest_, open));
  }

 private:
  mutable std::mutex mutex_;
  Clock::time_point last_ = Clock::now();
  Clock::duration longest_{};
};

// 25 Decrypts a second, each from a thread of its own, so that a slow one holds no other up.
class SteadyLoad {
 public:
  SteadyLoad(const testing::KmsStub& stub, const testing::SealedObject& sealed)
      : stub_(stub), sealed_(sealed) {
    for (int i = 0; i < kCallers; ++i) callers_.emplace_back([this, i] { Call(i); });
  }
  ~SteadyLoad() { Stop(); }
  void Stop() {
    stop_ = true;
    for (std::thread& caller : callers_) caller.join();
    callers_.clear();
  }

  std::string first_failure() const {
    const std::lock_guard lock(mutex_);
    return first_failure_;
  }

  std::atomic<int> calls = 0;
  std::atomic<int> failed = 0;
  Gaps gaps;

 private:
  static constexpr int kCallers = 75;  // each calls every 3 s, which no call exceeds

  void Call(int number) {
    auto next = Clock::now() + Milliseconds(40) * number;
    while (!stop_) {
      std::this_thread::sleep_until(next);
      if (stop_) return;
      next += Milliseconds(40) * kCallers;
      ++calls;
      const auto began = Clock::now();
      const testing::CallStatus status = stub_.Decrypt(sealed_).status;
      if (status.ok()) {
        gaps.Succeeded(Clock::now());
      } else if (++failed == 1) {
        const std::lock_guard lock(mutex_);
        first_failure_ = std::to_string(status.code) + " " + status.message + " after " +
                         std::to_string((Clock::now() - began) / Milliseconds(1)) + " ms";
      }
    }
  }

  const testing::KmsStub& stub_;
  const testing::SealedObject sealed_;
  mutable std::mutex mutex_;
  std::string first_failure_;  // guarded by mutex_
  std::atomic<bool> stop_ = false;
  std::vector<std::thread> callers_;
};

// How long the cluster itself answers nobody: every node is asked for the same Decrypt all the
// time. Standbys of OpenBao 2.5 decrypt without the leader.
class ClusterWatch {
 public:
  ClusterWatch(const RaftCluster& cluster, const std::string& body) {
    for (std::size_t node = 0; node < RaftCluster::kNodes; ++node) {
      watchers_.emplace_back([this, &cluster, node, body] {
        while (!stop_) {
          const auto answer =
              testing::AskHttp({.method = "POST",
                                .url = cluster.AddressOf(node) + "/v1/transit/decrypt/k8s-test",
                                .body = body,
                                .headers = {{"X-Vault-Token", cluster.root_token()}},
                                .ca_file = cluster.ca_file(),
                                .timeout = Milliseconds(400)});
          if (answer.status == 200) gaps.Succeeded(Clock::now());
          std::this_thread::sleep_for(Milliseconds(20));
        }
      });
    }
  }
  ~ClusterWatch() {
    stop_ = true;
    for (std::thread& watcher : watchers_) watcher.join();
  }
  Gaps gaps;

 private:
  std::atomic<bool> stop_ = false;
  std::vector<std::thread> watchers_;
};

TEST_CASE("Raft: a cluster that loses its leader costs no call that some node could answer") {
  const auto program = testing::FindRealOpenBao();
  const std::string missing =
      program ? testing::OwnNetwork::WhatIsMissing() : testing::HowToGetOpenBao();
  if (!missing.empty()) {
    testing::SaySkipped(missing);
    return;
  }
  testing::OwnNetwork network;
  RaftCluster cluster(*program, network);
  const testing::OpenBaoSetup setup(cluster);
  const std::string associated = "e30=";
  const auto made = cluster.MustAdmin("POST", "transit/encrypt/k8s-test",
                                      {{"plaintext", "QQ=="}, {"associated_data", associated}});
  const std::string asked =
      Json{{"ciphertext", made.data().at("ciphertext")}, {"associated_data", associated}}.dump();

  struct Trouble {
    std::string name;
    std::function<void(std::size_t leader)> begins;
    std::function<void(std::size_t leader)> ends;
  };
  const std::vector<Trouble> troubles = {
      {"steps down", [&](std::size_t) { cluster.StepDown(); }, [](std::size_t) {}},
      {"is killed", [&](std::size_t leader) { cluster.Kill(leader); },
       [&](std::size_t leader) { cluster.Restart(leader); }},
      {"is stopped", [&](std::size_t leader) { cluster.Pause(leader); },
       [&](std::size_t leader) { cluster.Resume(leader); }},
      {"is cut off", [&](std::size_t leader) { network.PullCable(RaftCluster::HostOf(leader)); },
       [&](std::size_t leader) { network.PlugIn(RaftCluster::HostOf(leader)); }}};
  for (const Trouble& trouble : troubles) {
    CAPTURE(trouble.name);
    cluster.WaitHealthy();
    const std::size_t leader = cluster.Leader();
    ProviderConfig config(cluster, setup);
    config.tree["openbao"]["address"] = cluster.AddressOf(leader);
    config.tree["openbao"]["failoverAddresses"] = {
        cluster.AddressOf((leader + 1) % RaftCluster::kNodes),
        cluster.AddressOf((leader + 2) % RaftCluster::kNodes)};
    config.Write();
    Serving provider(config);
    const testing::SealedObject sealed = provider.Seal("a value");
    SteadyLoad load(provider.stub, sealed);
    std::this_thread::sleep_for(Milliseconds(3000));
    Milliseconds away{};
    {
      ClusterWatch watch(cluster, asked);
      trouble.begins(leader);
      std::this_thread::sleep_for(Milliseconds(9000));
      away = watch.gaps.Longest();
    }
    const Milliseconds longest = load.gaps.Longest();
    load.Stop();
    trouble.ends(leader);
    MESSAGE("the leader ", trouble.name, ": ", load.failed.load(), " of ", load.calls.load(),
            " calls failed, longest gap ", longest.count(), " ms, of the cluster ", away.count(),
            " ms; ", load.first_failure());
    CHECK(load.calls > 250);
    if (away < kBudget) CHECK(load.failed == 0);
    CHECK(longest < away + Milliseconds(500));
    CHECK(cluster.Leader() < RaftCluster::kNodes);
  }
}

}  // namespace
}  // namespace baokms::e2e
