// The accept loop: one thread that accepts, checks peers, bounds connections and hands them to the
// server (security-and-deployment.md, "Socket"; libraries.md, "gRPC").
//
// A peer that has not sent HTTP/2's opening bytes never reaches the server: thousands of silent or
// dripping connections cost two small structures each and are bounded by the table's limits.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <expected>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "adapters/grpc_kms/connection_table.h"
#include "adapters/grpc_kms/listen_problem.h"
#include "adapters/grpc_kms/unix_listener.h"
#include "adapters/posix/descriptor.h"

namespace baokms::adapters::grpc_kms {

class Acceptor {
 public:
  struct AllowedPeers {
    std::vector<uid_t> uids;  // both empty: everyone whom the socket's mode lets in
    std::vector<gid_t> gids;
  };
  // Takes over a connected, non-blocking descriptor. On the acceptor's thread.
  using Serve = std::move_only_function<void(int fd)>;

  // `table` outlives the acceptor.
  static std::expected<std::unique_ptr<Acceptor>, ListenProblem> Start(UnixListener listener,
                                                                       AllowedPeers peers,
                                                                       ConnectionTable& table,
                                                                       Serve serve);
  // Closes every connection, unlinks the socket.
  ~Acceptor();
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  // Both return once it is done. Any thread but the acceptor's.
  void StopAccepting();  // unlinks the socket, closes it and every connection without an RPC
  void CloseConnections();

 private:
  enum class Command : std::uint8_t { kNone, kStopAccepting, kCloseConnections, kExit };

  Acceptor(UnixListener listener, AllowedPeers peers, ConnectionTable& table, Serve serve,
           posix::Descriptor epoll, posix::Descriptor wake);

  void Do(Command command);
  void Run();
  void Turn();
  int WaitMilliseconds() const;
  bool Obey();  // false: exit
  void AcceptSome();
  bool Accepted(posix::Descriptor socket);
  void OnEvent(std::uint64_t id, std::uint32_t events);
  void MaybeHandOver(std::uint64_t id, int fd);
  void Evict(posix::Descriptor socket);
  void EvictAll(std::vector<posix::Descriptor> sockets);
  void PauseAccepting();
  void WatchListener(bool on);
  bool PeerAllowed(uid_t uid, gid_t gid) const;

  UnixListener listener_;
  const AllowedPeers peers_;
  ConnectionTable& table_;
  Serve serve_;
  posix::Descriptor epoll_;
  posix::Descriptor wake_;
  bool accepting_ = true;
  std::optional<ConnectionTable::Time> paused_until_;

  std::mutex command_mutex_;
  std::condition_variable command_done_;
  Command command_ = Command::kNone;

  std::thread thread_;
};

}  // namespace baokms::adapters::grpc_kms
