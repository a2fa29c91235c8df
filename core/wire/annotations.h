// Annotations: built for every EncryptResponse, judged at every Decrypt (wire-contract.md,
// "Annotations on every EncryptResponse").
#pragma once

#include <string_view>

#include "core/model/annotations.h"
#include "core/model/error.h"
#include "core/model/key_id.h"
#include "core/model/provider_identity.h"
#include "core/model/transit_key_version.h"

namespace baokms::core {

Annotations BuildAnnotations(const ProviderIdentity& identity, TransitKeyVersion version,
                             const KeyId& key_id, std::string_view plugin_version);

// Step 3 of the Decrypt order, from the annotations alone: keys that are FQDNs, required keys
// present and well formed, known provider and aad-version. Else InvalidAnnotations().
Result<void> CheckAnnotationsForm(const Annotations& annotations);

// Step 5: every hash and the version are those of `expected` (as BuildAnnotations made it), the
// namespace hash is there exactly when expected has one. plugin-version is free. Else
// AnnotationsMismatch().
Result<void> CheckAnnotationsMatch(const Annotations& annotations, const Annotations& expected);

}  // namespace baokms::core
