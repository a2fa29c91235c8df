#include "adapters/health_http/listen_socket.h"

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace baokms::adapters::health_http {
namespace {

struct HostPort {
  std::string host;  // empty: every address
  std::string port;
};

std::optional<HostPort> Split(std::string_view address) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = address.substr(0, colon);
  const std::string_view port = address.substr(colon + 1);
  if (host.starts_with('[')) {
    if (!host.ends_with(']') || host.size() == 2) return std::nullopt;
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return std::nullopt;  // a bare IPv6 address: which colon would be the port's?
  }
  if (port.empty() || port.size() > 5 ||
      !std::ranges::all_of(port, [](char c) { return c >= '0' && c <= '9'; }) ||
      std::stoi(std::string(port)) > 65535 || address.find('\0') != std::string_view::npos) {
    return std::nullopt;
  }
  return HostPort{std::string(host), std::string(port)};
}

using Addresses = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

Addresses Resolve(const HostPort& where, int family) {
  addrinfo hints{};
  hints.ai_family = family;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const char* const host = where.host.empty() ? nullptr : where.host.c_str();
  if (::getaddrinfo(host, where.port.c_str(), &hints, &found) != 0) found = nullptr;
  return Addresses(found, &::freeaddrinfo);
}

ListenProblem FromErrno(int error) {
  switch (error) {
    case EADDRINUSE:
      return ListenProblem::kAddressInUse;
    case EADDRNOTAVAIL:
      return ListenProblem::kAddressNotAvailable;
    case EACCES:
    case EPERM:
      return ListenProblem::kNotPermitted;
    default:
      return ListenProblem::kFailed;
  }
}

std::uint16_t PortOf(int descriptor) {
  sockaddr_storage bound{};
  socklen_t length = sizeof bound;
  if (::getsockname(descriptor, reinterpret_cast<sockaddr*>(&bound), &length) != 0) return 0;
  if (bound.ss_family == AF_INET6) {
    return ntohs(reinterpret_cast<const sockaddr_in6*>(&bound)->sin6_port);
  }
  return ntohs(reinterpret_cast<const sockaddr_in*>(&bound)->sin_port);
}

std::expected<ListenSocket, ListenProblem> Listen(const addrinfo& address) {
  posix::Descriptor descriptor(
      ::socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!descriptor.valid()) return std::unexpected(FromErrno(errno));
  const int on = 1;
  const int off = 0;
  ::setsockopt(descriptor.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  // [::] takes IPv4 too, as with the Go provider, whatever the system's default.
  if (address.ai_family == AF_INET6) {
    ::setsockopt(descriptor.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  }
  if (::bind(descriptor.get(), address.ai_addr, address.ai_addrlen) != 0 ||
      ::listen(descriptor.get(), SOMAXCONN) != 0) {
    return std::unexpected(FromErrno(errno));
  }
  const std::uint16_t port = PortOf(descriptor.get());
  return ListenSocket{.descriptor = std::move(descriptor), .port = port};
}

}  // namespace

std::expected<ListenSocket, ListenProblem> OpenListenSocket(std::string_view address) {
  const auto where = Split(address);
  if (!where) return std::unexpected(ListenProblem::kMalformedAddress);
  if (where->host.empty()) {
    // Every address: both families on one socket where IPv6 exists, else IPv4.
    if (const Addresses both = Resolve(*where, AF_INET6)) {
      auto socket = Listen(*both);
      if (socket || socket.error() == ListenProblem::kAddressInUse) return socket;
    }
    const Addresses only = Resolve(*where, AF_INET);
    if (!only) return std::unexpected(ListenProblem::kFailed);
    return Listen(*only);
  }
  const Addresses found = Resolve(*where, AF_UNSPEC);
  if (!found) return std::unexpected(ListenProblem::kUnknownHost);
  return Listen(*found);
}

std::string_view AdviceFor(ListenProblem problem) {
  switch (problem) {
    case ListenProblem::kMalformedAddress:
      return "the address is not host:port; write an IPv6 host in brackets";
    case ListenProblem::kUnknownHost:
      return "the host cannot be resolved; use an address of this node";
    case ListenProblem::kAddressInUse:
      return "the port is in use; stop the other program or choose another port";
    case ListenProblem::kAddressNotAvailable:
      return "the host is not an address of this node; use one that is";
    case ListenProblem::kNotPermitted:
      return "the process may not bind the port; choose a port above 1023";
    case ListenProblem::kFailed:
      break;
  }
  return "the server cannot listen on the address; check the node's network and limits";
}

}  // namespace baokms::adapters::health_http
