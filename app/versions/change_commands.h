// `retire-versions`, `restore-versions` and `migrate-state`: a plan by default, the next generation
// of the state with --apply (registry-and-rotation.md, "Retirement and restoration", "State file").
#pragma once

#include <set>
#include <string>

#include "app/configuration/configuration_source.h"
#include "app/exit_code.h"
#include "app/reports/report.h"
#include "core/model/transit_key_version.h"

namespace baokms::app {

struct ChangeRequest {
  // Under the writer lock, and only when the state's hash is `expected_state_hash`.
  bool apply = false;
  std::string expected_state_hash;  // empty: not given; a plan then takes any
  OutputFormat format = OutputFormat::kText;
};

// Exit 4 with one line on standard error for whatever is refused; then nothing was printed.
ExitCode RetireVersions(const ConfigurationRequest& request, const ChangeRequest& change,
                        core::TransitKeyVersion before);
ExitCode RestoreVersions(const ConfigurationRequest& request, const ChangeRequest& change,
                         const std::set<core::TransitKeyVersion>& versions);
ExitCode MigrateState(const ConfigurationRequest& request, const ChangeRequest& change);

}  // namespace baokms::app
