// The RPCs under way: per-method limits (wire-contract.md, "Concurrency") and the drain. An RPC
// counts from its admission until it is answered, not until its peer has read the answer: a client
// that does not read cannot hold a place.
#pragma once

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "core/model/error.h"
#include "core/model/kms_messages.h"

namespace baokms::adapters::grpc_kms {

class Rpc;

// Any thread.
class RpcTable {
 public:
  struct Limits {
    std::size_t status = 16;
    std::size_t encrypt = 32;
    std::size_t decrypt = 64;
  };

  explicit RpcTable(const Limits& limits)
      : limits_{limits.status, limits.encrypt, limits.decrypt} {}

  // Why not, if not: ConcurrencyLimit, or ShuttingDown after Close.
  std::optional<core::Error> Admit(core::KmsMethod method, const std::shared_ptr<Rpc>& rpc);
  // Harmless for an RPC that was not admitted.
  void Release(core::KmsMethod method, const Rpc* rpc);

  // False when RPCs are unfinished at `deadline`.
  bool WaitUntilEmpty(std::chrono::steady_clock::time_point deadline);
  // Admits nobody from now on; returns those unfinished.
  std::vector<std::shared_ptr<Rpc>> Close();

 private:
  const std::array<std::size_t, 3> limits_;
  std::mutex mutex_;
  std::condition_variable empty_;
  std::array<std::size_t, 3> counts_{};
  bool closed_ = false;
  std::unordered_map<const Rpc*, std::shared_ptr<Rpc>> open_;
};

}  // namespace baokms::adapters::grpc_kms
