// Builds the AAD of one key version (wire-contract.md, "AAD").
#pragma once

#include "core/model/aad.h"
#include "core/model/key_id.h"
#include "core/model/provider_identity.h"
#include "core/model/transit_key_version.h"

namespace baokms::core {

Aad BuildAad(const ProviderIdentity& identity, TransitKeyVersion version, const KeyId& key_id);

// What deep probes encrypt under; no Kubernetes object ever has it (registry-and-rotation.md,
// "Probes and Status cache").
Aad ProbeAad();

}  // namespace baokms::core
