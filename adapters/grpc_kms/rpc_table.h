// The RPCs under way: who is admitted (wire-contract.md, "Concurrency"), and whom the drain waits
// for. An RPC is unfinished until it is answered, not until its peer has read the answer; its place
// may be taken for longer (places.h).
#pragma once

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "adapters/grpc_kms/places.h"
#include "core/model/error.h"
#include "core/model/kms_messages.h"

namespace baokms::adapters::grpc_kms {

class Rpc;

// Any thread.
class RpcTable {
 public:
  explicit RpcTable(const Places::Limits& limits) : places_(limits) {}

  // Its place; else why not: ConcurrencyLimit, or ShuttingDown after Close. `peer`: its uid, none
  // if unknown.
  core::Result<Places::Place> Admit(core::KmsMethod method, std::optional<uid_t> peer,
                                    const std::shared_ptr<Rpc>& rpc);
  // It is answered. Harmless for an RPC that was not admitted.
  void Answered(const Rpc* rpc);

  // False when RPCs are unfinished at `deadline`.
  bool WaitUntilEmpty(std::chrono::steady_clock::time_point deadline);
  // Admits nobody from now on; returns those unfinished.
  std::vector<std::shared_ptr<Rpc>> Close();

 private:
  Places places_;
  std::mutex mutex_;
  std::condition_variable empty_;
  bool closed_ = false;
  std::unordered_map<const Rpc*, std::shared_ptr<Rpc>> open_;
};

}  // namespace baokms::adapters::grpc_kms
