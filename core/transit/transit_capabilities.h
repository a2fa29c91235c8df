// Least privilege on Transit (security-and-deployment.md, "OpenBao side"; reports-and-labels.md,
// transit.capabilities): what the token must be able to do, and what it must not.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace baokms::core {

// What sys/capabilities-self answers, by path.
using CapabilitiesByPath = std::map<std::string, std::vector<std::string>>;

// The twelve paths to ask about, for one mount and key.
std::vector<std::string> CapabilityPaths(std::string_view mount_path, std::string_view key_name);

struct CapabilityFinding {
  enum class Kind { kMissing, kTooMuch, kNotAnswered };
  Kind kind;
  // Relative to the mount, with <key> for the key's name: "keys/<key>/rotate". Static storage.
  std::string_view path;
  std::string_view capability;  // empty with kNotAnswered
  friend bool operator==(const CapabilityFinding&, const CapabilityFinding&) = default;
};

// Everything that is wrong, in the order of the paths. Empty: exactly what is needed.
std::vector<CapabilityFinding> JudgeCapabilities(const CapabilitiesByPath& answers,
                                                 std::string_view mount_path,
                                                 std::string_view key_name);

}  // namespace baokms::core
