// The key and the sealed value that the micro-benchmarks work on.
#pragma once

#include <string>

#include "core/model/provider_identity.h"
#include "core/text/base64.h"
#include "core/wire/aad.h"
#include "core/wire/annotations.h"
#include "core/wire/key_id.h"

namespace baokms::testing {

inline const core::ProviderIdentity& AnIdentity() {
  static const core::ProviderIdentity identity{.provider_name = "openbao-production",
                                               .cluster_id = "cluster-eu-west-1",
                                               .openbao_instance_id = "openbao-eu-west-1",
                                               .openbao_namespace = "",
                                               .transit_mount_id = "transit-kubernetes",
                                               .transit_key_lineage_id = "kubernetes-secrets-1",
                                               .transit_mount_path = "transit",
                                               .transit_key_name = "kubernetes-secrets"};
  return identity;
}

inline core::KeyId AKeyId() {
  return core::DeriveKeyId(AnIdentity(), core::TransitKeyVersion::First(), 1'700'000'000);
}

inline core::Aad AnAad() {
  return core::BuildAad(AnIdentity(), core::TransitKeyVersion::First(), AKeyId());
}

inline core::Annotations SomeAnnotations() {
  return core::BuildAnnotations(AnIdentity(), core::TransitKeyVersion::First(), AKeyId(), "v0.1.0");
}

// Of 32 bytes: nonce, value and tag.
inline std::string ACiphertext() {
  return "vault:v1:" + core::Base64Encode(std::string(12 + 32 + 16, 'c'));
}

}  // namespace baokms::testing
