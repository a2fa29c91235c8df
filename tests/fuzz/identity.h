// The configuration and keys that the targets judge inputs against: those of
// tests/vectors/contract-v1.json.
#pragma once

#include <memory>
#include <vector>

#include "core/registry/registry.h"
#include "core/wire/key_id.h"

namespace baokms::fuzz {

inline core::Registry::Identity Identity() {
  static const core::Registry::Identity kIdentity = std::make_shared<const core::BoundIdentity>(
      core::ProviderIdentity{.provider_name = "openbao-kms-workload-a",
                             .cluster_id = "workload-a",
                             .openbao_instance_id = "bao-prod-a",
                             .openbao_namespace = "",
                             .transit_mount_id = "transit-prod-primary",
                             .transit_key_lineage_id = "01HXEXAMPLEKEYLINEAGEID",
                             .transit_mount_path = "transit",
                             .transit_key_name = "k8s-workload-a-etcd"});
  return kIdentity;
}

inline core::KeySnapshot SnapshotOf(std::int64_t version, core::SnapshotState state) {
  const auto number = *core::TransitKeyVersion::FromNumber(version);
  const core::UnixSeconds created_at = version == 1 ? 1'699'999'000 : 1'700'000'060;
  return {.version = number,
          .created_at = created_at,
          .key_id = core::DeriveKeyId(Identity()->identity(), number, created_at),
          .state = state,
          .observed_at = 1'700'000'000};
}

// Version 1 encrypts, version 2 waits to be promoted.
inline core::Registry RegistryOfTwo() {
  core::KeySnapshot active = SnapshotOf(1, core::SnapshotState::kActive);
  active.promoted_at = active.observed_at;
  core::KeySnapshot pending = SnapshotOf(2, core::SnapshotState::kPending);
  pending.stable_observation_count = 1;
  return *core::Registry::First(Identity(), active).Next({pending, active});
}

}  // namespace baokms::fuzz
