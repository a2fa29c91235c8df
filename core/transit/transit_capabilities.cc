#include "core/transit/transit_capabilities.h"

#include <algorithm>
#include <array>
#include <span>

namespace baokms::core {
namespace {

constexpr std::string_view kKey = "<key>";

constexpr std::array<std::string_view, 5> kChanges{"update", "create", "delete", "sudo", "root"};
constexpr std::array<std::string_view, 6> kChangesAndRead{"update", "create", "delete",
                                                          "sudo",   "root",   "read"};
constexpr std::array<std::string_view, 3> kMoreThanUpdate{"create", "sudo", "root"};
constexpr std::array<std::string_view, 2> kPrivileges{"sudo", "root"};

struct Rule {
  std::string_view path;
  std::string_view required;  // empty: nothing
  std::span<const std::string_view> refused;
};

constexpr std::array<Rule, 12> kRules{{
    {"keys/<key>", "read", kChanges},
    {"keys/<key>/config", "", kChanges},
    {"config/keys", "", kChanges},
    {"keys/<key>/rotate", "", kChanges},
    {"keys/<key>/trim", "", kChanges},
    {"export/encryption-key/<key>", "", kChangesAndRead},
    {"backup/<key>", "", kChangesAndRead},
    {"restore", "", kChanges},
    {"restore/<key>", "", kChanges},
    {"rewrap/<key>", "", kChanges},
    {"encrypt/<key>", "update", kMoreThanUpdate},
    {"decrypt/<key>", "update", kPrivileges},
}};

std::string PathOf(const Rule& rule, std::string_view mount_path, std::string_view key_name) {
  std::string path = std::string(mount_path) + '/' + std::string(rule.path);
  if (const std::size_t at = path.rfind(kKey); rule.path.contains(kKey)) {
    path.replace(at, kKey.size(), key_name);
  }
  return path;
}

}  // namespace

std::vector<std::string> CapabilityPaths(std::string_view mount_path, std::string_view key_name) {
  std::vector<std::string> paths;
  for (const Rule& rule : kRules) paths.push_back(PathOf(rule, mount_path, key_name));
  return paths;
}

std::vector<CapabilityFinding> JudgeCapabilities(const CapabilitiesByPath& answers,
                                                 std::string_view mount_path,
                                                 std::string_view key_name) {
  using Kind = CapabilityFinding::Kind;
  std::vector<CapabilityFinding> findings;
  for (const Rule& rule : kRules) {
    const auto answer = answers.find(PathOf(rule, mount_path, key_name));
    if (answer == answers.end()) {
      findings.push_back({Kind::kNotAnswered, rule.path, {}});
      continue;
    }
    const auto has = [&](std::string_view capability) {
      return std::ranges::find(answer->second, capability) != answer->second.end();
    };
    if (!rule.required.empty() && !has(rule.required)) {
      findings.push_back({Kind::kMissing, rule.path, rule.required});
    }
    for (const std::string_view refused : rule.refused) {
      if (has(refused)) findings.push_back({Kind::kTooMuch, rule.path, refused});
    }
  }
  return findings;
}

}  // namespace baokms::core
