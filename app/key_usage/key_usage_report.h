// What `key-usage` prints (reports-and-labels.md): the census beside the versions that the local
// state records. Pure.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "app/reports/report.h"
#include "core/census/key_census.h"
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

Report ReportKeyUsage(const KeyUsageFacts& facts);

// The same for a person: tables, and what follows from them.
std::string DescribeKeyUsage(const KeyUsageFacts& facts);

// "1,204,000".
std::string WithThousands(std::uint64_t number);

}  // namespace baokms::app
