// Derives the Kubernetes key_id of one Transit key version (wire-contract.md, "key_id").
#pragma once

#include "core/model/key_id.h"
#include "core/model/provider_identity.h"
#include "core/model/time.h"
#include "core/model/transit_key_version.h"

namespace baokms::core {

// `created_at` > 0: whole seconds, as Transit's metadata lists them.
KeyId DeriveKeyId(const ProviderIdentity& identity, TransitKeyVersion version,
                  UnixSeconds created_at);

}  // namespace baokms::core
