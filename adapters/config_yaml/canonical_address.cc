#include "adapters/config_yaml/canonical_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "core/text/ascii.h"

namespace baokms::adapters::config_yaml {
namespace {

std::string TextOf(int family, const void* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(family, address, text.data(), text.size());
  return text.data();
}

// The port of an authority whose host ends at `host_end`, 443 where there is none.
std::string PortOf(std::string_view authority, std::size_t host_end) {
  const std::string_view rest = authority.substr(host_end);
  const std::size_t digits = std::min(rest.find_first_not_of(":0"), rest.size());
  return rest.empty() ? "443" : std::string(rest.substr(digits));
}

}  // namespace

std::string CanonicalHost(std::string_view host) {
  const std::size_t zone = std::min(host.find('%'), host.size());
  const std::string address(host.substr(0, zone));
  in6_addr six{};
  if (::inet_pton(AF_INET6, address.c_str(), &six) == 1) {
    if (IN6_IS_ADDR_V4MAPPED(&six)) return TextOf(AF_INET, &six.s6_addr[12]);
    return TextOf(AF_INET6, &six) + std::string(host.substr(zone));
  }
  in_addr four{};
  if (::inet_pton(AF_INET, address.c_str(), &four) == 1) return TextOf(AF_INET, &four);
  std::string name(host);
  if (name.ends_with('.')) name.pop_back();
  std::ranges::transform(name, name.begin(), core::ToLower);
  return name;
}

bool IsWildcard(std::string_view canonical_host) {
  return canonical_host.empty() || canonical_host == "::" || canonical_host == "0.0.0.0";
}

std::string CanonicalHttpsAddress(std::string_view url) {
  std::string_view rest = url.substr(std::min(url.find("//") + 2, url.size()));
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  const std::string_view authority = rest.substr(0, slash);
  std::string_view path = rest.substr(slash);
  while (path.ends_with('/')) path.remove_suffix(1);
  const bool bracketed = authority.starts_with('[');
  const std::size_t end =
      std::min(bracketed ? authority.find(']') : authority.find(':'), authority.size());
  const std::string_view host = authority.substr(bracketed ? 1 : 0, end - (bracketed ? 1 : 0));
  const std::size_t host_end = std::min(end + (bracketed ? 1 : 0), authority.size());
  return CanonicalHost(host) + ' ' + PortOf(authority, host_end) + ' ' + std::string(path);
}

}  // namespace baokms::adapters::config_yaml
