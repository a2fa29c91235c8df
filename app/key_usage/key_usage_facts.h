// What `key-usage` found, and what follows from it. Pure.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/key_usage/usage_findings.h"
#include "core/census/key_census.h"
#include "core/census/retirement_evidence.h"
#include "core/model/encryption_rule.h"
#include "core/model/time.h"
#include "core/registry/registry.h"

namespace baokms::app {

struct KeyUsageFacts {
  std::string_view name;  // of the command
  std::int64_t revision = 0;
  const std::string& prefix;
  const std::string& provider_name;  // ours
  const core::KeyCensus& census;     // taken with every key_id of `state`
  // Or why the local state names no versions.
  const std::expected<core::Registry, std::string>& state;
  const std::string& cluster_id;  // of the configuration
  core::UnixSeconds taken_at = 0;
  // Which resources should be encrypted, when an EncryptionConfiguration was given.
  const std::optional<std::vector<core::EncryptionRule>>& rules;
};

// Every version that the local state records; none without one.
std::vector<core::KeySnapshot> Recorded(const KeyUsageFacts& facts);
std::optional<std::int64_t> VersionOf(const KeyUsageFacts& facts, const std::string& key_id);
// None: no version can be called unreferenced.
std::optional<core::RetirementEvidence> Evidence(const KeyUsageFacts& facts);
// Of facts without Evidence.
std::string WhyNoEvidence(const KeyUsageFacts& facts);
UsageFindings FindingsOf(const KeyUsageFacts& facts);

}  // namespace baokms::app
