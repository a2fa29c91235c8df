// Load on every node of a cluster at once, and what each of them answered meanwhile: whatever one
// node encrypts, every node decrypts; a key_id that does not belong to a ciphertext opens nothing.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/harness/kms_stub.h"

namespace baokms::e2e {

using SteadyTime = std::chrono::steady_clock::time_point;

struct Written {
  std::string plaintext;
  testing::SealedObject sealed;
};

// A stretch of time in which one node's healthy Status answered with one key_id.
struct Answered {
  std::string key_id;
  SteadyTime first;
  SteadyTime last;
};

class ClusterLoad {
 public:
  struct Options {
    std::vector<std::string> sockets;
    std::vector<Written> earlier = {};  // decrypted everywhere too
    // Well-formed key_ids of the same configuration that belong to no version of the key.
    std::vector<std::string> false_key_ids = {};
    int writers_per_node = 2;
  };
  struct Figures {
    long status = 0, encrypts = 0, decrypts = 0, forgeries = 0;
    long failures = 0;  // calls that should have worked, Status answers that were not healthy
    long wrong = 0;     // forgeries that opened, key_ids that Encrypt may not have answered
    std::string first_fault;
    long operations() const { return status + encrypts + decrypts + forgeries; }
  };

  // Starts.
  explicit ClusterLoad(Options options);
  ~ClusterLoad() { Stop(); }
  ClusterLoad(const ClusterLoad&) = delete;
  ClusterLoad& operator=(const ClusterLoad&) = delete;

  // Waits for its threads. The rest is complete after it.
  void Stop();

  Figures figures() const;
  std::vector<Written> written() const;
  // By socket, in Options' order.
  std::vector<std::vector<Answered>> answered() const;

 private:
  using Stubs = std::vector<std::unique_ptr<testing::KmsStub>>;

  Stubs Connect() const;
  void Watch(std::size_t node);
  void Write(std::size_t node);
  void Forge();
  void CheckOpens(const testing::KmsStub& stub, const Written& written, const std::string& where);
  Written Pick(std::mt19937& random) const;
  void Fault(long Figures::* counter, const std::string& what);
  void Count(long Figures::* counter, long calls = 1);

  const Options options_;
  std::atomic<bool> stop_ = false;
  mutable std::mutex mutex_;
  Figures figures_;
  std::vector<Written> written_;
  std::vector<std::vector<Answered>> answered_;
  std::vector<std::thread> threads_;
};

}  // namespace baokms::e2e
