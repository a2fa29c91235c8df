#include "adapters/config_yaml/report.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "adapters/config_yaml/field_table.h"
#include "adapters/config_yaml/field_value.h"

namespace baokms::adapters::config_yaml {

std::string RenderConfigReport(const core::Configuration& configuration,
                               const std::optional<std::string>& identity_fingerprint) {
  // Short names, as scripts know them.
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kFirst{
      {{"configVersion", "configVersion"},
       {"socketPath", "server.socketPath"},
       {"metricsAddress", "server.metricsAddress"},
       {"healthAddress", "server.healthAddress"},
       {"authMethod", "auth.method"}}};
  std::string report;
  const auto line = [&](std::string_view name, const std::string& value) {
    report += std::string(name) + ":" + (value.empty() ? "" : " " + value) + "\n";
  };
  for (const auto& [shown, name] : kFirst)
    line(shown, RenderValue(*FindField(name), configuration));
  if (identity_fingerprint) line("identityFingerprint", *identity_fingerprint);
  for (const Field& field : Fields()) {
    const auto listed = [&](const auto& first) { return first.second == field.name; };
    if (std::ranges::any_of(kFirst, listed) || !BranchHolds(field.branch, configuration)) continue;
    line(field.name, RenderValue(field, configuration));
  }
  return report;
}

}  // namespace baokms::adapters::config_yaml
