#include "tests/support/emulator/policies.h"

#include <algorithm>
#include <mutex>
#include <tuple>
#include <utility>

namespace baokms::emulator {
namespace {

// What every token may do; the part of OpenBao's default policy that has paths here.
constexpr std::string_view kDefaultPolicy = R"(
path "auth/token/lookup-self" { capabilities = ["read"] }
path "auth/token/renew-self" { capabilities = ["update"] }
path "auth/token/revoke-self" { capabilities = ["update"] }
path "sys/capabilities-self" { capabilities = ["update"] }
)";

bool HasWildcard(std::string_view path) {
  return path.ends_with('*') || path.starts_with("+/") || path.ends_with("/+") ||
         path.find("/+/") != std::string_view::npos || path == "+";
}

// Segment by segment; '+' is one whole segment, a trailing '*' any rest.
bool Matches(std::string_view pattern, std::string_view path) {
  const bool glob = pattern.ends_with('*');
  if (glob) pattern.remove_suffix(1);
  while (true) {
    const auto pattern_end = pattern.find('/');
    const auto path_end = path.find('/');
    const std::string_view wanted = pattern.substr(0, pattern_end);
    const std::string_view segment = path.substr(0, path_end);
    const bool last = pattern_end == std::string_view::npos;
    if (last && glob) return wanted == "+" || path.starts_with(wanted);
    if (wanted != "+" && wanted != segment) return false;
    if (last || path_end == std::string_view::npos) {
      return last && path_end == std::string_view::npos;
    }
    pattern.remove_prefix(pattern_end + 1);
    path.remove_prefix(path_end + 1);
  }
}

// OpenBao's order among patterns: a later first wildcard, no trailing glob, fewer '+', longer,
// lexicographically larger.
auto Priority(const std::string& pattern) {
  return std::tuple(pattern.find_first_of("+*"), !pattern.ends_with('*'),
                    -std::ranges::count(pattern, '+'), pattern.size(), pattern);
}

}  // namespace

bool Grants(const Capabilities& capabilities, std::string_view wanted) {
  if (capabilities.contains("root")) return true;
  return !capabilities.contains("deny") && capabilities.contains(wanted);
}

std::expected<void, std::string> PolicyStore::Put(const std::string& name_space,
                                                  const std::string& name,
                                                  const std::string& text) {
  auto rules = ParsePolicy(text);
  if (!rules) return std::unexpected(rules.error());
  const std::unique_lock lock(mutex_);
  policies_[name_space + name] = Policy{text, *std::move(rules)};
  return {};
}

bool PolicyStore::Remove(const std::string& name_space, const std::string& name) {
  const std::unique_lock lock(mutex_);
  return policies_.erase(name_space + name) > 0;
}

const PolicyStore::Policy* PolicyStore::Find(const std::string& name_space,
                                             const std::string& name) const {
  static const Policy kDefault{std::string(kDefaultPolicy), *ParsePolicy(kDefaultPolicy)};
  const auto found = policies_.find(name_space + name);
  if (found != policies_.end()) return &found->second;
  return name == "default" ? &kDefault : nullptr;
}

std::optional<std::string> PolicyStore::Text(const std::string& name_space,
                                             const std::string& name) const {
  const std::shared_lock lock(mutex_);
  if (const Policy* policy = Find(name_space, name)) return policy->text;
  return std::nullopt;
}

std::vector<std::string> PolicyStore::Names(const std::string& name_space) const {
  const std::shared_lock lock(mutex_);
  std::vector<std::string> names = {"default"};
  if (name_space.empty()) names.push_back("root");
  for (const auto& [full_name, policy] : policies_) {
    if (!full_name.starts_with(name_space)) continue;
    const std::string name = full_name.substr(name_space.size());
    if (name.find('/') == std::string::npos && name != "default") names.push_back(name);
  }
  std::ranges::sort(names);
  return names;
}

Capabilities PolicyStore::CapabilitiesOn(const std::string& name_space,
                                         const std::vector<std::string>& policies,
                                         const std::string& full_path) const {
  if (std::ranges::find(policies, "root") != policies.end()) return {"root"};
  if (!full_path.starts_with(name_space)) return {};
  const std::string path = full_path.substr(name_space.size());
  const std::shared_lock lock(mutex_);
  Capabilities exact;
  bool has_exact = false;
  std::map<std::string, Capabilities> patterns;
  for (const std::string& name : policies) {
    const Policy* policy = Find(name_space, name);
    if (policy == nullptr) continue;
    for (const PolicyRule& rule : policy->rules) {
      if (!HasWildcard(rule.path)) {
        if (rule.path != path) continue;
        has_exact = true;
        exact.insert(rule.capabilities.begin(), rule.capabilities.end());
      } else if (Matches(rule.path, path)) {
        patterns[rule.path].insert(rule.capabilities.begin(), rule.capabilities.end());
      }
    }
  }
  const auto best = std::ranges::max_element(
      patterns, {}, [](const auto& entry) { return Priority(entry.first); });
  Capabilities found = has_exact ? exact : best != patterns.end() ? best->second : Capabilities{};
  if (found.contains("deny")) return {"deny"};
  return found;
}

}  // namespace baokms::emulator
