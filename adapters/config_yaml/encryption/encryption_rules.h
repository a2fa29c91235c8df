// What an EncryptionConfiguration has encrypted, as rules for the census of etcd
// (reports-and-labels.md, "key-usage").
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/config_yaml/config_problem.h"
#include "core/model/encryption_rule.h"

namespace baokms::adapters::config_yaml {

// In the file's order. `provider_name`: whose KMS v2 entry is ours. Refused: what kube-apiserver
// refuses, and what cannot be told to be accepted; by place and line, never a value.
std::expected<std::vector<core::EncryptionRule>, ConfigProblems> ReadEncryptionRules(
    std::string_view text, const std::string& provider_name);

}  // namespace baokms::adapters::config_yaml
