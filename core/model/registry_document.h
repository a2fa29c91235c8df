// The state file and its checkpoint as parsed, before anything in them is believed
// (registry-and-rotation.md, "State file"). core/registry/registry.h verifies; adapters/state_file
// reads and writes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/model/time.h"

namespace baokms::core {

struct SnapshotRecord {
  std::string provider_name;
  std::string cluster_id;
  std::string openbao_instance_id;
  std::string openbao_namespace;  // omitted when empty
  std::string transit_mount_id;
  std::string transit_key_lineage_id;
  std::int64_t transit_version = 0;
  UnixSeconds transit_version_created_at = 0;
  std::string kubernetes_key_id;
  std::string state;
  std::string aad_mode;
  // The last four are omitted when 0.
  UnixSeconds observed_at = 0;
  std::int64_t stable_observation_count = 0;
  UnixSeconds stable_at = 0;
  UnixSeconds promoted_at = 0;

  friend bool operator==(const SnapshotRecord&, const SnapshotRecord&) = default;
};

struct RegistryDocument {
  std::string schema_version;
  std::string identity_fingerprint;  // empty in the older v1alpha1
  std::int64_t generation = 0;
  std::optional<std::string> previous_hash;
  std::string current_hash;
  std::string active_key_id;
  std::vector<SnapshotRecord> snapshots;

  friend bool operator==(const RegistryDocument&, const RegistryDocument&) = default;
};

struct CheckpointDocument {
  std::string schema_version;
  std::int64_t generation = 0;
  std::string current_hash;

  friend bool operator==(const CheckpointDocument&, const CheckpointDocument&) = default;
};

}  // namespace baokms::core
