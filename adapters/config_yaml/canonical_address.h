// Addresses as what they mean: two texts of one address are one address. For comparing only; what
// is configured is passed on as it is written.
#pragma once

#include <string>
#include <string_view>

namespace baokms::adapters::config_yaml {

// Of an IP address, without brackets, the one text that inet_ntop gives it, IPv4 in IPv6 as IPv4;
// of a name, lower case without a final dot. Empty stays empty.
std::string CanonicalHost(std::string_view host);

// Every address of the node, of both families or of one: "", "::", "0.0.0.0", as canonical hosts.
bool IsWildcard(std::string_view canonical_host);

// An https URL that CheckHttpsAddress has no complaint about: host, port and path.
std::string CanonicalHttpsAddress(std::string_view url);

}  // namespace baokms::adapters::config_yaml
