// Who is connected, who goes when it is full (libraries.md, "gRPC"): at most `max_connections` and
// `max_per_uid`; one without an RPC in time goes; when full the oldest without an RPC goes. Plain
// accounting: it owns the descriptors and leaves closing to its caller. Any thread.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "adapters/posix/descriptor.h"

namespace baokms::adapters::grpc_kms {

class ConnectionTable {
 public:
  using Time = std::chrono::steady_clock::time_point;

  struct Limits {
    std::size_t max_connections = 256;
    std::size_t max_per_uid = 64;
    std::chrono::milliseconds first_rpc_timeout{5000};
  };

  struct Admission {
    std::optional<std::uint64_t> id;             // none: refused
    std::optional<posix::Descriptor> displaced;  // to be closed by the caller
    posix::Descriptor refused;                   // `socket` itself, when refused
  };

  explicit ConnectionTable(Limits limits) : limits_(limits) {}

  Admission Add(posix::Descriptor socket, uid_t uid, Time now);
  // -1 when unknown.
  int Descriptor(std::uint64_t id) const;
  bool HandedOver(std::uint64_t id) const;
  // The connection is gRPC's from now on, which knows it as `grpc_fd`.
  void HandOver(std::uint64_t id, int grpc_fd);
  // An RPC came in on that descriptor of gRPC's. The peer's uid; none: it has gone already.
  std::optional<uid_t> RpcArrived(int grpc_fd);
  // An empty one when unknown.
  posix::Descriptor Remove(std::uint64_t id);
  // The oldest without an RPC, if any.
  std::optional<posix::Descriptor> RemoveOldestSilent();
  std::vector<posix::Descriptor> RemoveOverdue(Time now);
  std::vector<posix::Descriptor> RemoveSilent();
  std::vector<posix::Descriptor> RemoveAll();
  std::optional<Time> NextDeadline() const;
  std::size_t size() const;

 private:
  struct Connection {
    posix::Descriptor socket;
    uid_t uid = 0;
    int grpc_fd = -1;
    Time deadline;
    std::optional<std::list<std::uint64_t>::iterator> silent;  // in silent_, until the first RPC
  };
  using Map = std::unordered_map<std::uint64_t, Connection>;

  posix::Descriptor Take(Map::iterator at);  // mutex_ held
  std::optional<posix::Descriptor> TakeOldestSilent(std::optional<uid_t> uid);

  const Limits limits_;
  mutable std::mutex mutex_;
  std::uint64_t next_id_ = 1;
  Map connections_;
  std::list<std::uint64_t> silent_;  // oldest first
  std::unordered_map<uid_t, std::size_t> per_uid_;
  std::unordered_map<int, std::uint64_t> by_grpc_fd_;
};

}  // namespace baokms::adapters::grpc_kms
