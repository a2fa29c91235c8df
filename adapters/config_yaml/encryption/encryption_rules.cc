#include "adapters/config_yaml/encryption/encryption_rules.h"

#include "adapters/config_yaml/encryption/encryption_file.h"
#include "adapters/config_yaml/encryption/kubernetes_rules.h"

namespace baokms::adapters::config_yaml {
namespace {

core::WrittenBy WrittenByFirst(const ResourceEntry& entry, const std::string& provider_name) {
  const ProviderEntry& first = entry.providers.items.front();
  if (first.kinds.front() == ProviderKind::kIdentity) return core::WrittenBy::kIdentity;
  const bool ours = first.kinds.front() == ProviderKind::kKms &&
                    first.kms.api_version.text == "v2" && first.kms.name.text == provider_name;
  return ours ? core::WrittenBy::kThisProvider : core::WrittenBy::kAnotherProvider;
}

}  // namespace

std::expected<std::vector<core::EncryptionRule>, ConfigProblems> ReadEncryptionRules(
    std::string_view text, const std::string& provider_name) {
  const EncryptionFile file = ReadEncryptionFile(text);
  if (!file.doubts.always.empty()) {
    return std::unexpected(ConfigProblems{
        {"document", 0,
         file.doubts.always + ", so its rules cannot be read: use plain ASCII there"}});
  }
  if (!file.problems.empty()) return std::unexpected(file.problems);
  KubernetesVerdict verdict = JudgeByKubernetes(file);
  if (!verdict.problems.empty()) return std::unexpected(std::move(verdict.problems));
  std::vector<core::EncryptionRule> rules;
  for (const ResourceEntry& entry : file.resources.items) {
    core::EncryptionRule rule{.resources = {}, .written_by = WrittenByFirst(entry, provider_name)};
    for (const PlacedText& resource : entry.resources.items)
      rule.resources.push_back(resource.text);
    rules.push_back(std::move(rule));
  }
  return rules;
}

}  // namespace baokms::adapters::config_yaml
