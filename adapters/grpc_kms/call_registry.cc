#include "adapters/grpc_kms/call_registry.h"

namespace baokms::adapters::grpc_kms {

std::optional<core::Error> CallRegistry::Admit(core::KmsMethod method,
                                               const std::shared_ptr<Call>& call) {
  const auto index = static_cast<std::size_t>(method);
  const std::lock_guard lock(mutex_);
  if (closed_) return core::ShuttingDown();
  if (counts_[index] >= limits_[index]) return core::ConcurrencyLimit();
  calls_.emplace(call.get(), call);
  ++counts_[index];
  return std::nullopt;
}

void CallRegistry::Release(core::KmsMethod method, const Call* call) {
  std::shared_ptr<Call> released;  // destroyed after the lock
  const std::lock_guard lock(mutex_);
  const auto at = calls_.find(call);
  if (at == calls_.end()) return;
  released = std::move(at->second);
  calls_.erase(at);
  --counts_[static_cast<std::size_t>(method)];
  if (calls_.empty()) empty_.notify_all();
}

bool CallRegistry::WaitUntilEmpty(std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  return empty_.wait_until(lock, deadline, [&] { return calls_.empty(); });
}

std::vector<std::shared_ptr<Call>> CallRegistry::Close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  std::vector<std::shared_ptr<Call>> unfinished;
  unfinished.reserve(calls_.size());
  for (const auto& [key, call] : calls_) unfinished.push_back(call);
  return unfinished;
}

}  // namespace baokms::adapters::grpc_kms
