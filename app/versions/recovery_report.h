// `recover-state` (reports-and-labels.md): the state that it plans, or wrote. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "app/reports/report.h"
#include "core/registry/rebuild.h"

namespace baokms::app {

struct RecoveryFacts {
  const core::RebuiltState& state;
  bool adopt = false;
  bool applied = false;
  bool peer_given = false;
  std::optional<core::UnixSeconds> census_taken_at{};  // of the report of key-usage that is given
  std::uint64_t malformed = 0;                         // objects, in that report
};

Report ReportRecovery(const RecoveryFacts& facts);
// Text ends with a `version:` line for each version.
std::string RenderRecovery(const Report& report, OutputFormat format);

}  // namespace baokms::app
