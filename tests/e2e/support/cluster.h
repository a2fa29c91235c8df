// Control-plane nodes: providers with state directories of their own over one Transit key.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/e2e/support/bench.h"
#include "tests/e2e/support/cluster_load.h"

namespace baokms::e2e {

struct Node {
  static constexpr int kObservations = 2;     // rotation.requireStableObservationCount
  static constexpr Milliseconds kDelay{500};  // rotation.activationDelay

  Node(Bench& bench, Milliseconds interval);
  void Start() { serving.emplace(config); }
  // CHECKs that it exits 0.
  void Stop() { e2e::Stop(serving); }
  // Of Status; empty while it is not healthy.
  std::string KeyId() const { return serving->stub.Status().key_id; }

  ProviderConfig config;
  Milliseconds probe_interval;
  std::optional<Serving> serving;
};

struct Cluster {
  // One node an interval (status.probeInterval), all started.
  explicit Cluster(const std::vector<Milliseconds>& intervals);

  // Computed from live metadata by other code than the provider's; `seconds_off` gives the key_id
  // of a version that was never created.
  std::string KeyIdOf(std::int64_t version, std::int64_t seconds_off = 0) const;

  // Rotates the key and REQUIREs that every node that runs answers with the new key_id in time.
  void Rotate();
  // Every node that runs answers with this key_id within 20 s.
  bool Reach(const std::string& key_id) const;
  // Of the nodes that run.
  std::vector<std::string> Sockets() const;

  Node& operator[](std::size_t index) { return *nodes[index]; }

  mutable Bench bench;
  std::vector<std::unique_ptr<Node>> nodes;
};

// CHECKs that something was written and everything opened, and nothing else did.
void CheckClean(const ClusterLoad::Figures& figures);

}  // namespace baokms::e2e
