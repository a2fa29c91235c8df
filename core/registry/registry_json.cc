#include "core/registry/registry_json.h"

#include "core/text/base64.h"
#include "core/wire/go_json.h"
#include "core/wire/sha256.h"

namespace baokms::core {
namespace {

constexpr std::string_view kHashPrefix = "krs1.";

std::string Serialize(const RegistryDocument& document, GoJsonWriter::Layout layout) {
  const bool hashed_form = layout == GoJsonWriter::Layout::kCompact;
  GoJsonWriter json(layout);
  json.BeginObject()
      .String("schemaVersion", document.schema_version)
      .StringIfAny("identityFingerprint", document.identity_fingerprint)
      .Integer("generation", document.generation);
  if (document.previous_hash) json.String("previousHash", *document.previous_hash);
  if (!hashed_form) json.String("currentHash", document.current_hash);
  json.String("activeKeyId", document.active_key_id).BeginArray("snapshots");
  for (const SnapshotRecord& record : document.snapshots) {
    json.BeginObject()
        .String("providerName", record.provider_name)
        .String("clusterId", record.cluster_id)
        .String("openbaoInstanceId", record.openbao_instance_id)
        .StringIfAny("openbaoNamespace", record.openbao_namespace)
        .String("transitMountId", record.transit_mount_id)
        .String("transitKeyLineageId", record.transit_key_lineage_id)
        .Integer("transitVersion", record.transit_version)
        .Integer("transitVersionCreatedAtUnix", record.transit_version_created_at)
        .String("kubernetesKeyId", record.kubernetes_key_id)
        .String("state", record.state)
        .String("aadMode", record.aad_mode)
        .IntegerIfAny("observedAtUnix", record.observed_at)
        .IntegerIfAny("stableObservationCount", record.stable_observation_count)
        .IntegerIfAny("stableAtUnix", record.stable_at)
        .IntegerIfAny("promotedAtUnix", record.promoted_at)
        .EndObject();
  }
  json.EndArray().EndObject();
  return json.Take();
}

}  // namespace

std::string RegistryHash(const RegistryDocument& document) {
  return std::string(kHashPrefix) + PublicHash(Serialize(document, GoJsonWriter::Layout::kCompact));
}

bool IsRegistryHash(std::string_view text) {
  if (!text.starts_with(kHashPrefix)) return false;
  const auto digest = Base64UrlDecode(text.substr(kHashPrefix.size()));
  return digest && digest->size() == 32;
}

CheckpointDocument CheckpointOf(const RegistryDocument& state) {
  return {.schema_version = std::string(kCheckpointSchema),
          .generation = state.generation,
          .current_hash = state.current_hash};
}

std::string RegistryBytes(const RegistryDocument& document) {
  return Serialize(document, GoJsonWriter::Layout::kIndented) + '\n';
}

std::string CheckpointBytes(const CheckpointDocument& document) {
  GoJsonWriter json(GoJsonWriter::Layout::kIndented);
  json.BeginObject()
      .String("schemaVersion", document.schema_version)
      .Integer("generation", document.generation)
      .String("currentHash", document.current_hash)
      .EndObject();
  return json.Take() + '\n';
}

}  // namespace baokms::core
