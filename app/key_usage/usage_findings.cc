#include "app/key_usage/usage_findings.h"

#include <algorithm>

#include "core/census/expected_encryption.h"

namespace baokms::app {
namespace {

using Groups = core::KeyCensus::Groups;

bool IsEncryptedByRule(const std::vector<core::EncryptionRule>& rules, std::string_view resource) {
  const core::WrittenBy writer = core::WhoWrites(rules, resource);
  return writer == core::WrittenBy::kThisProvider || writer == core::WrittenBy::kAnotherProvider;
}

Groups UnexpectedPlaintext(const Groups& plaintext,
                           const std::vector<core::EncryptionRule>& rules) {
  Groups unexpected;
  for (const auto& [group, objects] : plaintext) {
    if (IsEncryptedByRule(rules, group.resource)) unexpected.emplace(group, objects);
  }
  return unexpected;
}

bool IsActiveOrNewer(const core::Registry& registry, const std::string& key_id) {
  const core::TransitKeyVersion active = registry.active().version;
  return std::ranges::any_of(registry.snapshots(), [&](const core::KeySnapshot& snapshot) {
    return snapshot.key_id.str() == key_id && snapshot.version >= active;
  });
}

std::string_view Advice(Finding finding) {
  switch (finding) {
    case Finding::kPlaintext:
      return " objects are in plaintext although the EncryptionConfiguration has them encrypted: "
             "rewrite them";
    case Finding::kOtherProvider:
      return " objects are encrypted by another provider: rewrite them with this provider first in "
             "the EncryptionConfiguration";
    case Finding::kOldVersion:
      return " objects are under an older version than the active one: rewrite them once every "
             "kube-apiserver has the new key_id";
    case Finding::kMalformed:
      return " objects are malformed: find out what wrote them";
  }
  return "";
}

std::string_view WhyUnknown(Finding finding) {
  return finding == Finding::kPlaintext
             ? "it is unknown which resources should be encrypted: give --encryption-config"
             : "the local state names no versions: run this on a node whose provider has served, "
               "as its user or root";
}

}  // namespace

std::string_view Name(Finding finding) {
  switch (finding) {
    case Finding::kPlaintext:
      return "plaintext";
    case Finding::kOtherProvider:
      return "other-provider";
    case Finding::kOldVersion:
      return "old-version";
    case Finding::kMalformed:
      return "malformed";
  }
  return "";
}

std::optional<Finding> ParseFinding(std::string_view name) {
  for (const Finding finding : kFindings) {
    if (Name(finding) == name) return finding;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> UsageFindings::Objects(Finding finding) const {
  switch (finding) {
    case Finding::kPlaintext:
      return plaintext ? std::optional(TotalOf(*plaintext)) : std::nullopt;
    case Finding::kOtherProvider:
      return other_provider;
    case Finding::kOldVersion:
      return old_version;
    case Finding::kMalformed:
      return malformed;
  }
  return std::nullopt;
}

UsageFindings WhatShouldNotBeThere(const core::KeyCensus& census, const std::string& provider_name,
                                   const std::expected<core::Registry, std::string>& state,
                                   const std::optional<std::vector<core::EncryptionRule>>& rules) {
  UsageFindings findings;
  if (rules) findings.plaintext = UnexpectedPlaintext(census.plaintext(), *rules);
  if (state) findings.old_version = 0;
  findings.other_provider = TotalOf(census.other_providers());
  for (const auto& [group, objects] : census.encrypted()) {
    if (group.provider_name != provider_name && !group.key_id.empty()) {
      findings.other_provider += objects;
    } else if (state && !IsActiveOrNewer(*state, group.key_id)) {
      *findings.old_version += objects;
    }
  }
  findings.malformed = TotalOf(census.malformed());
  return findings;
}

std::vector<std::string> Explain(const UsageFindings& findings,
                                 const std::vector<Finding>& fail_on) {
  std::vector<std::string> sentences;
  for (const Finding finding : fail_on) {
    const auto objects = findings.Objects(finding);
    if (objects && *objects == 0) continue;
    std::string sentence = "--fail-on " + std::string(Name(finding)) + ": ";
    if (objects) sentence += std::to_string(*objects);
    sentences.push_back(sentence.append(objects ? Advice(finding) : WhyUnknown(finding)));
  }
  return sentences;
}

std::uint64_t TotalOf(const Groups& groups) {
  std::uint64_t total = 0;
  for (const auto& [group, objects] : groups) total += objects;
  return total;
}

}  // namespace baokms::app
