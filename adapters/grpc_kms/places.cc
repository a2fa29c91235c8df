#include "adapters/grpc_kms/places.h"

#include <array>
#include <mutex>
#include <unordered_map>

namespace baokms::adapters::grpc_kms {

struct Places::Counts {
  struct OfMethod {
    std::size_t limit = 0;
    std::size_t taken = 0;
    std::unordered_map<uid_t, std::size_t> by_uid;  // no zeros
  };

  OfMethod& Of(core::KmsMethod method) { return methods[static_cast<std::size_t>(method)]; }

  std::mutex mutex;
  std::array<OfMethod, 3> methods;
};

Places::Places(const Limits& limits) : counts_(std::make_shared<Counts>()) {
  counts_->Of(core::KmsMethod::kStatus).limit = limits.status;
  counts_->Of(core::KmsMethod::kEncrypt).limit = limits.encrypt;
  counts_->Of(core::KmsMethod::kDecrypt).limit = limits.decrypt;
}

std::optional<Places::Place> Places::Take(core::KmsMethod method, std::optional<uid_t> uid) {
  const std::lock_guard lock(counts_->mutex);
  Counts::OfMethod& its = counts_->Of(method);
  const bool holds_none = uid && !its.by_uid.contains(*uid);
  if (its.taken >= its.limit + (holds_none ? kExtra : 0)) return std::nullopt;
  if (uid) ++its.by_uid[*uid];
  ++its.taken;
  return Place(counts_, method, uid);
}

Places::Place::~Place() {
  if (!counts_) return;
  const std::lock_guard lock(counts_->mutex);
  Counts::OfMethod& its = counts_->Of(method_);
  --its.taken;
  if (!uid_) return;
  const auto held = its.by_uid.find(*uid_);
  if (--held->second == 0) its.by_uid.erase(held);
}

}  // namespace baokms::adapters::grpc_kms
