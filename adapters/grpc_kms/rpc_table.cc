#include "adapters/grpc_kms/rpc_table.h"

namespace baokms::adapters::grpc_kms {

core::Result<Places::Place> RpcTable::Admit(core::KmsMethod method, std::optional<uid_t> peer,
                                            const std::shared_ptr<Rpc>& rpc) {
  const std::lock_guard lock(mutex_);
  if (closed_) return std::unexpected(core::ShuttingDown());
  auto place = places_.Take(method, peer);
  if (!place) return std::unexpected(core::ConcurrencyLimit());
  open_.emplace(rpc.get(), rpc);
  return *std::move(place);
}

void RpcTable::Answered(const Rpc* rpc) {
  std::shared_ptr<Rpc> released;  // destroyed after the lock
  const std::lock_guard lock(mutex_);
  const auto at = open_.find(rpc);
  if (at == open_.end()) return;
  released = std::move(at->second);
  open_.erase(at);
  if (open_.empty()) empty_.notify_all();
}

bool RpcTable::WaitUntilEmpty(std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  return empty_.wait_until(lock, deadline, [&] { return open_.empty(); });
}

std::vector<std::shared_ptr<Rpc>> RpcTable::Close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  std::vector<std::shared_ptr<Rpc>> unfinished;
  unfinished.reserve(open_.size());
  for (const auto& [key, rpc] : open_) unfinished.push_back(rpc);
  return unfinished;
}

}  // namespace baokms::adapters::grpc_kms
