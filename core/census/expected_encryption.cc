#include "core/census/expected_encryption.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

namespace baokms::core {
namespace {

// Kubernetes adds nothing to this group any more.
constexpr std::array<std::string_view, 16> kCoreGroup = {
    {"configmaps", "endpoints", "events", "limitranges", "namespaces", "nodes",
     "persistentvolumeclaims", "persistentvolumes", "pods", "podtemplates",
     "replicationcontrollers", "resourcequotas", "secrets", "serviceaccounts", "services",
     "componentstatuses"}};

struct Name {
  std::string_view plural;
  std::string_view group;  // empty: the core group, or unknown
  bool has_group = false;
};

Name Split(std::string_view text) {
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos) return {.plural = text, .group = {}};
  return {.plural = text.substr(0, dot), .group = text.substr(dot + 1), .has_group = true};
}

bool Names(std::string_view rule, std::string_view resource) {
  const Name wanted = Split(rule);
  const Name stored = Split(resource);
  if (wanted.plural != "*") {
    return wanted.plural == stored.plural && (!stored.has_group || wanted.group == stored.group);
  }
  if (wanted.group == "*") return true;
  if (stored.has_group) return wanted.group == stored.group;
  return wanted.group.empty() && std::ranges::find(kCoreGroup, stored.plural) != kCoreGroup.end();
}

}  // namespace

WrittenBy WhoWrites(const std::vector<EncryptionRule>& rules, std::string_view resource) {
  const auto names = [&](const EncryptionRule& rule) {
    return std::ranges::any_of(rule.resources,
                               [&](const std::string& name) { return Names(name, resource); });
  };
  const auto rule = std::ranges::find_if(rules, names);
  return rule == rules.end() ? WrittenBy::kNoRule : rule->written_by;
}

}  // namespace baokms::core
