#include "adapters/grpc_kms/connection_table.h"

#include <utility>

namespace baokms::adapters::grpc_kms {

ConnectionTable::Admission ConnectionTable::Add(posix::Descriptor socket, uid_t uid, Time now) {
  const std::lock_guard lock(mutex_);
  Admission admission;
  const auto counted = per_uid_.find(uid);
  const bool uid_full = counted != per_uid_.end() && counted->second >= limits_.max_per_uid;
  if (uid_full || connections_.size() >= limits_.max_connections) {
    // A uid at its own limit makes room among its own only.
    admission.displaced = TakeOldestSilent(uid_full ? std::optional(uid) : std::nullopt);
    if (!admission.displaced) {
      admission.refused = std::move(socket);
      return admission;
    }
  }
  const std::uint64_t id = next_id_++;
  Connection& added = connections_[id];
  added.socket = std::move(socket);
  added.uid = uid;
  added.deadline = now + limits_.first_rpc_timeout;
  added.silent = silent_.insert(silent_.end(), id);
  ++per_uid_[uid];
  admission.id = id;
  return admission;
}

int ConnectionTable::Descriptor(std::uint64_t id) const {
  const std::lock_guard lock(mutex_);
  const auto at = connections_.find(id);
  return at == connections_.end() ? -1 : at->second.socket.get();
}

bool ConnectionTable::HandedOver(std::uint64_t id) const {
  const std::lock_guard lock(mutex_);
  const auto at = connections_.find(id);
  return at != connections_.end() && at->second.grpc_fd >= 0;
}

void ConnectionTable::HandOver(std::uint64_t id, int grpc_fd) {
  const std::lock_guard lock(mutex_);
  const auto at = connections_.find(id);
  if (at == connections_.end()) return;
  at->second.grpc_fd = grpc_fd;
  // gRPC may have closed a connection whose end we have not heard of yet, and the number is free
  // again: the newer one owns it.
  by_grpc_fd_[grpc_fd] = id;
}

std::optional<uid_t> ConnectionTable::RpcArrived(int grpc_fd) {
  const std::lock_guard lock(mutex_);
  const auto known = by_grpc_fd_.find(grpc_fd);
  if (known == by_grpc_fd_.end()) return std::nullopt;
  const auto at = connections_.find(known->second);
  if (at == connections_.end()) return std::nullopt;
  if (at->second.silent) silent_.erase(*std::exchange(at->second.silent, std::nullopt));
  return at->second.uid;
}

posix::Descriptor ConnectionTable::Remove(std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  const auto at = connections_.find(id);
  return at == connections_.end() ? posix::Descriptor() : Take(at);
}

std::optional<posix::Descriptor> ConnectionTable::RemoveOldestSilent() {
  const std::lock_guard lock(mutex_);
  return TakeOldestSilent(std::nullopt);
}

std::vector<posix::Descriptor> ConnectionTable::RemoveOverdue(Time now) {
  const std::lock_guard lock(mutex_);
  std::vector<posix::Descriptor> removed;
  while (!silent_.empty()) {
    const auto at = connections_.find(silent_.front());
    if (at->second.deadline > now) break;
    removed.push_back(Take(at));
  }
  return removed;
}

std::vector<posix::Descriptor> ConnectionTable::RemoveSilent() {
  const std::lock_guard lock(mutex_);
  std::vector<posix::Descriptor> removed;
  while (!silent_.empty()) removed.push_back(Take(connections_.find(silent_.front())));
  return removed;
}

std::vector<posix::Descriptor> ConnectionTable::RemoveAll() {
  const std::lock_guard lock(mutex_);
  std::vector<posix::Descriptor> removed;
  while (!connections_.empty()) removed.push_back(Take(connections_.begin()));
  return removed;
}

std::optional<ConnectionTable::Time> ConnectionTable::NextDeadline() const {
  const std::lock_guard lock(mutex_);
  if (silent_.empty()) return std::nullopt;
  return connections_.at(silent_.front()).deadline;
}

std::size_t ConnectionTable::size() const {
  const std::lock_guard lock(mutex_);
  return connections_.size();
}

posix::Descriptor ConnectionTable::Take(Map::iterator at) {
  Connection& gone = at->second;
  posix::Descriptor socket = std::move(gone.socket);
  if (gone.silent) silent_.erase(*gone.silent);
  if (const auto known = by_grpc_fd_.find(gone.grpc_fd);
      known != by_grpc_fd_.end() && known->second == at->first) {
    by_grpc_fd_.erase(known);
  }
  const auto counted = per_uid_.find(gone.uid);
  if (--counted->second == 0) per_uid_.erase(counted);
  connections_.erase(at);
  return socket;
}

std::optional<posix::Descriptor> ConnectionTable::TakeOldestSilent(std::optional<uid_t> uid) {
  for (const std::uint64_t id : silent_) {
    const auto at = connections_.find(id);
    if (!uid || at->second.uid == *uid) return Take(at);
  }
  return std::nullopt;
}

}  // namespace baokms::adapters::grpc_kms
