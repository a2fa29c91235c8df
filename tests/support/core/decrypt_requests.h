// Decrypt requests as kube-apiserver sends back what Encrypt answered.
#pragma once

#include <cstdint>
#include <string>

#include "core/model/kms_messages.h"
#include "core/requests/decrypt_validation.h"
#include "core/text/base64.h"
#include "core/wire/annotations.h"
#include "core/wire/transit_ciphertext.h"
#include "tests/support/core/builders.h"

namespace baokms::core::testing {

// Of as many bytes as a probe's plaintext and Kubernetes' seeds have, unless the test says how
// many.
inline std::string CiphertextOf(std::int64_t version, std::size_t plaintext_bytes = 32) {
  return CiphertextPrefix(Version(version)) + Base64Encode(std::string(28 + plaintext_bytes, 'c'));
}

inline DecryptRequest GoodRequest(std::int64_t version,
                                  const ProviderIdentity& identity = TestIdentity()) {
  const KeyId key_id = IdOf(version, identity);
  return {.ciphertext = CiphertextOf(version),
          .key_id = key_id.str(),
          .annotations = BuildAnnotations(identity, Version(version), key_id, "v0.0.9")};
}

}  // namespace baokms::core::testing
