// What an address of the configuration means to a socket.
#pragma once

#include <sys/socket.h>

#include <expected>
#include <string_view>
#include <vector>

#include "adapters/health_http/http_server.h"

namespace baokms::adapters::health_http {

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;

  // The sockets API's own way of passing an address.
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  friend bool operator==(const SocketAddress& a, const SocketAddress& b);
};

struct ListenTargets {
  std::vector<SocketAddress> addresses;  // none twice
  // The first that can be bound will do: [::] takes IPv4 too, 0.0.0.0 is for nodes without IPv6.
  bool one_is_enough = false;
};

// "host:port", "[v6]:port", ":port" for every address of the node. A name stands for all addresses
// that it has; only it asks the resolver, which may take seconds.
std::expected<ListenTargets, ListenProblem> ResolveListenAddress(std::string_view address);

}  // namespace baokms::adapters::health_http
