// The fingerprint that binds a state file to its configuration (registry-and-rotation.md,
// "Configuration fingerprint").
#pragma once

#include <string>

#include "core/model/provider_identity.h"

namespace baokms::core {

// "cfg1." + 43 characters.
std::string ConfigurationFingerprint(const ProviderIdentity& identity);

}  // namespace baokms::core
