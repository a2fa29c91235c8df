// `retire-versions`, `restore-versions` and `migrate-state`: a plan by default, the next generation
// of the state with --apply (registry-and-rotation.md, "Retirement and restoration", "State file").
#pragma once

#include <set>
#include <string>
#include <vector>

#include "app/configuration/configuration_source.h"
#include "app/exit_code.h"
#include "app/reports/report.h"
#include "app/versions/evidence.h"
#include "core/model/transit_key_version.h"

namespace baokms::app {

struct ChangeRequest {
  // Under the writer lock, and only when the state's hash is `expected_state_hash`.
  bool apply = false;
  std::string expected_state_hash;  // empty: not given; a plan then takes any
  OutputFormat format = OutputFormat::kText;
};

// Reports of key-usage: each must prove that nothing needs what would be removed.
struct EvidenceRequest {
  std::vector<std::string> files;  // absolute paths; empty: the operator answers for it
  EvidenceBounds bounds;
};

// Exit 4 with a line on standard error for each reason to refuse; then nothing was printed. Exit 3
// for a configuration or an evidence file that is refused.
ExitCode RetireVersions(const ConfigurationRequest& request, const ChangeRequest& change,
                        core::TransitKeyVersion before, const EvidenceRequest& evidence);
ExitCode RestoreVersions(const ConfigurationRequest& request, const ChangeRequest& change,
                         const std::set<core::TransitKeyVersion>& versions);
ExitCode MigrateState(const ConfigurationRequest& request, const ChangeRequest& change);

}  // namespace baokms::app
