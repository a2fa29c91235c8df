// The text of the `config` command (reports-and-labels.md, "Plain outputs").
#pragma once

#include <optional>
#include <string>

#include "core/model/configuration.h"

namespace baokms::adapters::config_yaml {

// configVersion, socketPath, metricsAddress, healthAddress, authMethod, identityFingerprint (when
// given), then (ours) every other field of the chosen login by its full name; one "name: value" a
// line. A configuration holds paths and names, never a secret.
std::string RenderConfigReport(const core::Configuration& configuration,
                               const std::optional<std::string>& identity_fingerprint);

}  // namespace baokms::adapters::config_yaml
