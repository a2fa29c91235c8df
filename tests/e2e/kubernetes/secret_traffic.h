// Clients of several kube-apiservers over one etcd that write, update and read Secrets all along,
// and count what did not work.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/e2e/kubernetes/control_plane.h"

namespace baokms::e2e {

class SecretTraffic {
 public:
  struct Figures {
    long created = 0, updated = 0, read = 0;
    long failed_writes = 0, failed_reads = 0;    // a wrong value is a failed read
    double slowest_write = 0, slowest_read = 0;  // seconds
    std::string first_failure;
  };

  // Starts: for each node one client that writes and one that reads what anybody has written.
  // `nodes` outlives it.
  explicit SecretTraffic(const ControlPlaneNodes& nodes);
  ~SecretTraffic() { Stop(); }
  SecretTraffic(const SecretTraffic&) = delete;
  SecretTraffic& operator=(const SecretTraffic&) = delete;

  // Since the start or the last Take.
  Figures Take();
  // As a load balancer does: no request is sent to this node, nor under way, while this is held.
  [[nodiscard]] std::unique_lock<std::shared_mutex> TakeAway(std::size_t node);
  // Waits for its clients.
  void Stop();
  // After Stop: reads every Secret through every node. The failures are in Take's figures.
  void ReadEverything();

 private:
  // A Secret's value is its name and a number that each write raises.
  struct Secret {
    std::string name;
    long sent = 0;   // by the last write
    long acked = 0;  // of the last write that was answered
  };
  struct Server {
    const testing::KubeApiServer& api;
    std::shared_mutex away;
  };

  void Write(std::size_t node);
  void Read(std::size_t node);
  void WriteOnce(const testing::KubeApiServer& api, std::size_t secret);
  void ReadOnce(const testing::KubeApiServer& api, std::size_t secret);
  std::size_t Add(const std::string& name);
  void Fault(long Figures::* counter, const std::string& what);

  std::vector<std::unique_ptr<Server>> servers_;
  std::atomic<bool> stop_ = false;
  std::mutex mutex_;
  Figures figures_;
  std::vector<Secret> secrets_;
  std::vector<std::thread> threads_;
};

// Cuts the traffic into phases.
class TrafficPhases {
 public:
  // `traffic` outlives it.
  explicit TrafficPhases(SecretTraffic& traffic) : traffic_(traffic) {}

  // Prints what the clients did since the last End; CHECKs that nothing failed.
  void End(const std::string& phase);

 private:
  SecretTraffic& traffic_;
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();
};

// Once the provider of every node has another key_id than `before`; CHECKs that all have the same
// one, which is returned.
std::string PromotedEverywhere(const ControlPlane& plane, const std::string& before);

}  // namespace baokms::e2e
