// The reports of `key-usage` that `retire-versions --evidence` is given.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "core/census/usage_report.h"
#include "ports/file_reader.h"

namespace baokms::app {

// State files and reports of key-usage are public, and so are checked for who may write them alone.
inline constexpr ports::FilePolicy kEvidenceFile{.forbidden_mode_bits = 0022,
                                                 .max_bytes = 16 * ports::kMebibyte};

// The JSON of `key-usage --output json` (reports-and-labels.md, "key-usage"). Refused with what is
// missing in it, as the sentence's second half.
std::expected<core::UsageReport, std::string> ParseUsageReport(std::string_view json);

// What the plan says of one accepted report.
std::string Describe(const core::UsageReport& report);

}  // namespace baokms::app
