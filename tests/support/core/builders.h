// Identities, metadata and registries for tests of core: fit and healthy unless the test says what
// differs. The identity and the creation times are those of vectors/contract-v1.json.
#pragma once

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/model/key_snapshot.h"
#include "core/model/provider_identity.h"
#include "core/model/registry_document.h"
#include "core/model/time.h"
#include "core/model/transit_key_metadata.h"
#include "core/registry/registry.h"
#include "core/registry/registry_json.h"
#include "core/wire/key_id.h"

namespace baokms::core::testing {

inline constexpr UnixSeconds kNow = 1'700'000'000;

inline ProviderIdentity TestIdentity() {
  return {.provider_name = "openbao-kms-workload-a",
          .cluster_id = "workload-a",
          .openbao_instance_id = "bao-prod-a",
          .openbao_namespace = "",
          .transit_mount_id = "transit-prod-primary",
          .transit_key_lineage_id = "01HXEXAMPLEKEYLINEAGEID",
          .transit_mount_path = "transit",
          .transit_key_name = "k8s-workload-a-etcd"};
}

inline ProviderIdentity NamespacedIdentity() {
  ProviderIdentity identity = TestIdentity();
  identity.openbao_namespace = "admin/workload-a";
  return identity;
}

inline Registry::Identity Bind(ProviderIdentity identity = TestIdentity()) {
  return std::make_shared<const BoundIdentity>(std::move(identity));
}

inline TransitKeyVersion Version(std::int64_t number) {
  const auto version = TransitKeyVersion::FromNumber(number);
  REQUIRE(version);
  return *version;
}

inline UnixSeconds CreatedAt(std::int64_t version) {
  return version == 1 ? 1'699'999'000 : 1'700'000'000 + 60 * (version - 1);
}

inline KeyId IdOf(std::int64_t version, const ProviderIdentity& identity = TestIdentity()) {
  return DeriveKeyId(identity, Version(version), CreatedAt(version));
}

// A key that breaks no rule, with every version from 1 to `latest` listed.
inline TransitKeyMetadata FitMetadata(std::int64_t latest = 1) {
  TransitKeyMetadata metadata;
  metadata.type = "aes256-gcm96";
  metadata.supports_encryption = true;
  metadata.supports_decryption = true;
  metadata.latest_version = latest;
  metadata.min_decryption_version = 1;
  for (std::int64_t version = 1; version <= latest; ++version) {
    metadata.versions.push_back({.version = version, .created_at = CreatedAt(version)});
  }
  return metadata;
}

inline KeySnapshot Snapshot(std::int64_t version, SnapshotState state,
                            const ProviderIdentity& identity = TestIdentity()) {
  KeySnapshot snapshot{.version = Version(version),
                       .created_at = CreatedAt(version),
                       .key_id = IdOf(version, identity),
                       .state = state,
                       .observed_at = kNow};
  if (state == SnapshotState::kActive) snapshot.promoted_at = kNow;
  return snapshot;
}

// A pending version that was seen `count` times; stable when `stable_at` is set.
inline KeySnapshot Candidate(std::int64_t version, std::int64_t count, UnixSeconds stable_at = 0) {
  KeySnapshot snapshot = Snapshot(version, SnapshotState::kPending);
  snapshot.stable_observation_count = count;
  snapshot.stable_at = stable_at;
  return snapshot;
}

inline Registry FirstRegistry(Registry::Identity identity = Bind()) {
  const ProviderIdentity values = identity->identity();
  return Registry::First(std::move(identity), Snapshot(1, SnapshotState::kActive, values));
}

// The same records, one generation on.
inline Registry NextOf(const Registry& registry) {
  auto next = registry.Next(registry.snapshots());
  REQUIRE(next);
  return *std::move(next);
}

// The document with a current_hash that fits what it says now.
inline RegistryDocument Signed(RegistryDocument document) {
  document.current_hash = RegistryHash(document);
  return document;
}

// A registry of exactly these records, as a file could hold it (generation 2).
inline Registry RegistryOf(const std::vector<KeySnapshot>& snapshots,
                           Registry::Identity identity = Bind()) {
  RegistryDocument document = FirstRegistry(identity).ToDocument();
  const SnapshotRecord model = document.snapshots.front();
  document.generation = 2;
  document.previous_hash = document.current_hash;
  document.snapshots.clear();
  for (const KeySnapshot& snapshot : snapshots) {
    SnapshotRecord record = model;
    record.transit_version = snapshot.version.number();
    record.transit_version_created_at = snapshot.created_at;
    record.kubernetes_key_id = snapshot.key_id.str();
    record.state = Name(snapshot.state);
    record.observed_at = snapshot.observed_at;
    record.stable_observation_count = snapshot.stable_observation_count;
    record.stable_at = snapshot.stable_at;
    record.promoted_at = snapshot.promoted_at;
    if (snapshot.state == SnapshotState::kActive) document.active_key_id = snapshot.key_id.str();
    document.snapshots.push_back(std::move(record));
  }
  auto registry = Registry::Verify(Signed(document), std::move(identity));
  REQUIRE(registry);
  return *std::move(registry);
}

// The record of one version; fails the test when there is none.
inline KeySnapshot RecordOf(const Registry& registry, std::int64_t version) {
  for (const KeySnapshot& snapshot : registry.snapshots()) {
    if (snapshot.version.number() == version) return snapshot;
  }
  FAIL("no record of version " << version);
  return registry.active();
}

}  // namespace baokms::core::testing
