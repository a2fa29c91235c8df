#include "adapters/health_http/listen_address.h"

#include <netdb.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
#include <string>

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

void AddAddresses(const HostPort& where, int family, std::vector<SocketAddress>& addresses) {
  addrinfo hints{};
  hints.ai_family = family;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const char* const host = where.host.empty() ? nullptr : where.host.c_str();
  if (::getaddrinfo(host, where.port.c_str(), &hints, &found) != 0) return;
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, &::freeaddrinfo);
  for (; found != nullptr; found = found->ai_next) {
    SocketAddress address;
    if (found->ai_addrlen > sizeof address.storage) continue;
    std::memcpy(&address.storage, found->ai_addr, found->ai_addrlen);
    address.length = found->ai_addrlen;
    // A hosts file may name one address twice.
    if (std::ranges::find(addresses, address) == addresses.end()) addresses.push_back(address);
  }
}

}  // namespace

bool operator==(const SocketAddress& a, const SocketAddress& b) {
  return a.length == b.length && std::memcmp(&a.storage, &b.storage, a.length) == 0;
}

std::expected<ListenTargets, ListenProblem> ResolveListenAddress(std::string_view address) {
  const auto where = Split(address);
  if (!where) return std::unexpected(ListenProblem::kMalformedAddress);
  ListenTargets targets;
  if (where->host.empty()) {
    targets.one_is_enough = true;
    AddAddresses(*where, AF_INET6, targets.addresses);
    AddAddresses(*where, AF_INET, targets.addresses);
  } else {
    AddAddresses(*where, AF_UNSPEC, targets.addresses);
  }
  if (targets.addresses.empty()) return std::unexpected(ListenProblem::kUnknownHost);
  return targets;
}

}  // namespace baokms::adapters::health_http
