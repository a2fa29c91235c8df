// What texts may look like (configuration-and-cli.md): each rule answers with what is wrong, or
// nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace baokms::adapters::config_yaml {

// A broken rule as a fixed text: "must be an absolute path".
using Complaint = std::optional<std::string>;

// No control characters, no whitespace around, valid UTF-8. All rules below include it.
Complaint CheckIdentifier(std::string_view text);
Complaint CheckAbsolutePath(std::string_view text);
// Absolute, and without empty, "." or ".." segments: its parent can be read off the text.
Complaint CheckCleanPath(std::string_view text);
// Of a Unix socket: the kernel's bound, with the NUL behind the path.
Complaint CheckSocketLength(std::string_view path);
Complaint CheckMountPath(std::string_view text);
Complaint CheckAuthMountPath(std::string_view text);
Complaint CheckNamespace(std::string_view text);
Complaint CheckKeyName(std::string_view text);
// A DNS name or an IP address.
Complaint CheckServerName(std::string_view text);
// host:port, or empty.
Complaint CheckListenAddress(std::string_view text);
Complaint CheckGroup(std::string_view text);
Complaint CheckScopeToken(std::string_view text);
Complaint CheckTrustDomain(std::string_view text);
Complaint CheckSpiffeId(std::string_view text);
Complaint CheckWorkloadSocket(std::string_view text);

bool IsHost(std::string_view text);
bool IsIpv6(std::string_view text);
std::optional<std::uint16_t> ParsePort(std::string_view text);

struct HostPort {
  std::string host;  // without brackets; may be empty
  std::uint16_t port = 0;
};
std::optional<HostPort> SplitHostPort(std::string_view text);

}  // namespace baokms::adapters::config_yaml
