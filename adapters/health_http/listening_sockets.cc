#include "adapters/health_http/listening_sockets.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace baokms::adapters::health_http {
namespace {

ListenProblem FromErrno(int error) {
  switch (error) {
    case EADDRINUSE:
      return ListenProblem::kAddressInUse;
    case EADDRNOTAVAIL:
    case EAFNOSUPPORT:  // a node without IPv6
      return ListenProblem::kAddressNotAvailable;
    case EACCES:
    case EPERM:
      return ListenProblem::kNotPermitted;
    default:
      return ListenProblem::kFailed;
  }
}

// In the address's own memory, network order; how the sockets API tells families apart.
in_port_t& PortIn(SocketAddress& address) {
  if (address.storage.ss_family == AF_INET6) {
    return reinterpret_cast<sockaddr_in6*>(&address.storage)->sin6_port;
  }
  return reinterpret_cast<sockaddr_in*>(&address.storage)->sin_port;
}

}  // namespace

std::optional<ListenProblem> ListeningSockets::Bind() {
  if (missing_.one_is_enough) return BindFirst();
  std::optional<ListenProblem> problem;
  std::vector<std::pair<SocketAddress, ListenProblem>> failed;
  for (const SocketAddress& address : std::exchange(missing_.addresses, {})) {
    const auto bound = BindOne(address);
    if (!bound) failed.emplace_back(address, bound.error());
  }
  for (const auto& [address, why] : failed) {
    if (!empty() && why == ListenProblem::kAddressNotAvailable) continue;
    if (!problem) problem = why;
    missing_.addresses.push_back(address);
  }
  return problem;
}

std::optional<ListenProblem> ListeningSockets::BindFirst() {
  if (!empty()) return std::nullopt;
  std::optional<ListenProblem> problem;
  for (const SocketAddress& address : missing_.addresses) {
    const auto bound = BindOne(address);
    if (bound) return std::nullopt;
    problem = bound.error();
    // Half of the node's addresses would be somebody else's.
    if (*problem == ListenProblem::kAddressInUse) break;
  }
  return problem;
}

std::expected<void, ListenProblem> ListeningSockets::BindOne(SocketAddress address) {
  posix::Descriptor descriptor(
      ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!descriptor.valid()) return std::unexpected(FromErrno(errno));
  const int on = 1;
  const int off = 0;
  ::setsockopt(descriptor.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  // [::] takes IPv4 too, as with the Go provider, whatever the system's default.
  if (address.storage.ss_family == AF_INET6) {
    ::setsockopt(descriptor.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  }
  if (PortIn(address) == 0) PortIn(address) = htons(port_);
  if (::bind(descriptor.get(), address.get(), address.length) != 0 ||
      (listening_ == Listening::kAtOnce && ::listen(descriptor.get(), SOMAXCONN) != 0)) {
    return std::unexpected(FromErrno(errno));
  }
  SocketAddress bound;
  bound.length = sizeof bound.storage;
  if (::getsockname(descriptor.get(), bound.get(), &bound.length) == 0) {
    port_ = ntohs(PortIn(bound));
  }
  sockets_.push_back(std::move(descriptor));
  return {};
}

}  // namespace baokms::adapters::health_http
