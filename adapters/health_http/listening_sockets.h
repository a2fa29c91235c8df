// The listening sockets of one address of the configuration: as many as its host has addresses.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <utility>
#include <vector>

#include "adapters/health_http/http_server.h"
#include "adapters/health_http/listen_address.h"
#include "adapters/posix/descriptor.h"

namespace baokms::adapters::health_http {

enum class Listening : std::uint8_t {
  kAtOnce,
  kNever,  // only to see whether it could: a server that starts meanwhile is not disturbed
};

// One thread at a time.
class ListeningSockets {
 public:
  explicit ListeningSockets(Listening listening = Listening::kAtOnce) : listening_(listening) {}

  // What Bind is to bind from now on. Only while nothing is bound.
  void Aim(ListenTargets targets) { missing_ = std::move(targets); }

  // Binds what is not bound yet. nullopt: there is nothing left to bind; else why something could
  // not be bound. Beside an address that is bound, one that this node does not have, such as ::1
  // where IPv6 is off, is none to wait for.
  std::optional<ListenProblem> Bind();

  bool empty() const { return sockets_.empty(); }
  // Non-blocking, closed on exec.
  const std::vector<posix::Descriptor>& sockets() const { return sockets_; }
  // Of all of them, also where the configuration leaves the choice to the kernel; 0 when empty.
  std::uint16_t port() const { return port_; }

 private:
  std::optional<ListenProblem> BindFirst();
  std::expected<void, ListenProblem> BindOne(SocketAddress address);

  Listening listening_;
  ListenTargets missing_;
  std::vector<posix::Descriptor> sockets_;
  std::uint16_t port_ = 0;
};

}  // namespace baokms::adapters::health_http
