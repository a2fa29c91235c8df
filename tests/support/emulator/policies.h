// ACL policies: which capabilities a token's policies give on a path.
#pragma once

#include <expected>
#include <map>
#include <optional>
#include <set>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

namespace baokms::emulator {

using Capabilities = std::set<std::string, std::less<>>;

struct PolicyRule {
  std::string path;  // as written, relative to the policy's namespace
  Capabilities capabilities;
};

// HCL as people write policies (path "x" { capabilities = ["read"] }, comments, other keys
// skipped), or the same in JSON. The error is the text of a 400.
std::expected<std::vector<PolicyRule>, std::string> ParsePolicy(std::string_view text);

// Thread safe.
class PolicyStore {
 public:
  std::expected<void, std::string> Put(const std::string& name_space, const std::string& name,
                                       const std::string& text);
  bool Remove(const std::string& name_space, const std::string& name);
  std::optional<std::string> Text(const std::string& name_space, const std::string& name) const;
  std::vector<std::string> Names(const std::string& name_space) const;

  // `full_path` includes the namespace: "ns1/transit/keys/k". {"root"} for the root policy, empty
  // when nothing matches.
  Capabilities CapabilitiesOn(const std::string& name_space,
                              const std::vector<std::string>& policies,
                              const std::string& full_path) const;

 private:
  struct Policy {
    std::string text;
    std::vector<PolicyRule> rules;
  };

  const Policy* Find(const std::string& name_space, const std::string& name) const;

  mutable std::shared_mutex mutex_;
  std::map<std::string, Policy> policies_;  // by namespace + name
};

// "update" granted by {"update"} or {"root"}, refused by {"deny", ...}.
bool Grants(const Capabilities& capabilities, std::string_view wanted);

}  // namespace baokms::emulator
