// What a census found that should not be there: for warnings, `--fail-on` and the text file of
// metrics (reports-and-labels.md, "key-usage"). Pure.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/census/key_census.h"
#include "core/model/encryption_rule.h"
#include "core/registry/registry.h"

namespace baokms::app {

enum class Finding : std::uint8_t { kPlaintext, kOtherProvider, kOldVersion, kMalformed };
inline constexpr Finding kFindings[] = {Finding::kPlaintext, Finding::kOtherProvider,
                                        Finding::kOldVersion, Finding::kMalformed};

// As `--fail-on` takes it: "old-version".
std::string_view Name(Finding finding);
std::optional<Finding> ParseFinding(std::string_view name);

struct UsageFindings {
  // Objects in plaintext of resources that a provider other than identity should encrypt, by
  // resource; none without an EncryptionConfiguration.
  std::optional<core::KeyCensus::Groups> plaintext;
  // Encrypted by another kind of provider or under another provider name.
  std::uint64_t other_provider = 0;
  // Under our provider name and neither under the active version nor under a newer one; none
  // without a local state.
  std::optional<std::uint64_t> old_version;
  std::uint64_t malformed = 0;

  // None: the census cannot tell.
  std::optional<std::uint64_t> Objects(Finding finding) const;
};

UsageFindings WhatShouldNotBeThere(const core::KeyCensus& census, const std::string& provider_name,
                                   const std::expected<core::Registry, std::string>& state,
                                   const std::optional<std::vector<core::EncryptionRule>>& rules);

// One sentence for each of `fail_on` that was found or that the census cannot tell.
std::vector<std::string> Explain(const UsageFindings& findings,
                                 const std::vector<Finding>& fail_on);

std::uint64_t TotalOf(const core::KeyCensus::Groups& groups);

}  // namespace baokms::app
