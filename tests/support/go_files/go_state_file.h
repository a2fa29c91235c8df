// State files, key_ids and sealed objects as another implementation makes them: written from the
// specification alone, on purpose without a line of core/, so that a misreading in core shows as a
// difference (registry-and-rotation.md, "State file";
// wire-contract.md, "key_id", "Annotations on every EncryptResponse", "AAD").
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace baokms::testing {

struct GoIdentity {
  std::string provider_name;
  std::string cluster_id;
  std::string openbao_instance_id;
  std::string openbao_namespace;  // empty: none
  std::string transit_mount_id;
  std::string key_lineage_id;
  std::string transit_mount_path;
  std::string transit_key_name;
};

// Of a provider's whole configuration.
GoIdentity IdentityOf(const nlohmann::json& configuration);

struct GoRecord {
  std::int64_t version = 0;
  std::int64_t created_at = 0;  // Unix seconds, as all times here
  std::string state = {};
  std::int64_t observed_at = 0;  // from here on 0 leaves the field out
  std::int64_t stable_observations = 0;
  std::int64_t stable_at = 0;
  std::int64_t promoted_at = 0;
};

struct GoState {
  GoIdentity identity;
  std::int64_t generation = 1;
  std::string previous_hash = {};  // empty at generation 1
  std::vector<GoRecord> records = {};
};

// The state of a whole file, as far as GoState has its fields.
GoState GoStateOf(const GoIdentity& identity, const nlohmann::json& file);

std::string GoKeyId(const GoIdentity& identity, std::int64_t version, std::int64_t created_at);
std::string GoFingerprint(const GoIdentity& identity);

std::string GoCurrentHash(const GoState& state);
std::string GoStateText(const GoState& state);
std::string GoCheckpointText(const GoState& state);

// Transit's associated_data, and what stands beside the ciphertext in etcd.
std::string GoAssociatedData(const GoIdentity& identity, std::int64_t version,
                             const std::string& key_id);
std::map<std::string, std::string> GoAnnotations(const GoIdentity& identity, std::int64_t version,
                                                 const std::string& key_id);

}  // namespace baokms::testing
