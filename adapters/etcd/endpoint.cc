#include "adapters/etcd/endpoint.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstddef>
#include <optional>

namespace baokms::adapters::etcd {
namespace {

constexpr std::string_view kShape =
    "must be https://HOST:PORT, or http://127.0.0.1:PORT for an etcd without TLS on this machine";

bool IsHostName(std::string_view host) {
  return !host.empty() && host.size() <= 253 && std::ranges::all_of(host, [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '.';
  });
}

// In the one text that inet_ntop gives an address: gRPC compares it, as a text, with the one that
// it made of the certificate's address.
std::optional<std::string> CanonicalAddress6(const std::string& host) {
  in6_addr address{};
  if (inet_pton(AF_INET6, host.c_str(), &address) != 1) return std::nullopt;
  std::array<char, INET6_ADDRSTRLEN> text{};
  return inet_ntop(AF_INET6, &address, text.data(), text.size());
}

// A name could be resolved to any address.
bool IsLoopbackAddress(const std::string& host) {
  in_addr address{};
  if (inet_pton(AF_INET, host.c_str(), &address) == 1) return host.starts_with("127.");
  in6_addr address6{};
  return inet_pton(AF_INET6, host.c_str(), &address6) == 1 && IN6_IS_ADDR_LOOPBACK(&address6);
}

std::optional<std::uint16_t> ParsePort(const std::string& text) {
  std::uint16_t port = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, port);
  if (error != std::errc{} || stopped != end || port == 0) return std::nullopt;
  return port;
}

}  // namespace

std::expected<Endpoint, std::string_view> Endpoint::Parse(std::string_view url) {
  Endpoint endpoint;
  constexpr std::string_view kHttps = "https://";
  constexpr std::string_view kHttp = "http://";
  endpoint.tls = url.starts_with(kHttps);
  if (!endpoint.tls && !url.starts_with(kHttp)) return std::unexpected(kShape);
  std::string_view rest = url.substr(endpoint.tls ? kHttps.size() : kHttp.size());
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.starts_with('[')) {
    const std::size_t end = rest.find(']');
    if (end == std::string_view::npos) return std::unexpected(kShape);
    auto host = CanonicalAddress6(std::string(rest.substr(1, end - 1)));
    rest.remove_prefix(end + 1);
    if (!host) return std::unexpected(kShape);
    endpoint.host = *std::move(host);
  } else {
    const std::size_t end = std::min(rest.find(':'), rest.size());
    endpoint.host = rest.substr(0, end);
    rest.remove_prefix(end);
    if (!IsHostName(endpoint.host)) return std::unexpected(kShape);
  }
  if (!rest.empty()) {
    const auto port = rest.starts_with(':') ? ParsePort(std::string(rest.substr(1))) : std::nullopt;
    if (!port) return std::unexpected(kShape);
    endpoint.port = *port;
  }
  if (!endpoint.tls && !IsLoopbackAddress(endpoint.host)) {
    return std::unexpected(
        "must be https://: without TLS only a loopback address such as 127.0.0.1 is allowed, "
        "because etcd's data would cross the network unencrypted");
  }
  return endpoint;
}

}  // namespace baokms::adapters::etcd
