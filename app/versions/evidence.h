// The reports of `key-usage` that `retire-versions --evidence` and `recover-state --evidence` are
// given.
#pragma once

#include <chrono>
#include <expected>
#include <string>
#include <string_view>

#include "core/census/evidence_check.h"
#include "core/census/usage_report.h"
#include "core/model/configuration.h"
#include "ports/file_reader.h"

namespace baokms::app {

// State files and reports of key-usage are public, and so are checked for who may write them alone.
inline constexpr ports::FilePolicy kEvidenceFile{.forbidden_mode_bits = 0022,
                                                 .max_bytes = 16 * ports::kMebibyte};

// What the operator wants of every report.
struct EvidenceBounds {
  std::chrono::seconds max_age = std::chrono::hours(24);
  std::string prefix;  // of etcd, that it must have been taken below
};

// The JSON of `key-usage --output json` (reports-and-labels.md, "key-usage"). Refused as a sentence
// that says what to do.
std::expected<core::UsageReport, std::string> ParseUsageReport(std::string_view json);

// What a report must be about to count here. No promotion is known: promoted_at is 0.
core::EvidenceTerms TermsOf(const core::Configuration& configuration, const EvidenceBounds& bounds,
                            core::UnixSeconds now);

// What the plan says of one accepted report.
std::string Describe(const core::UsageReport& report);

}  // namespace baokms::app
