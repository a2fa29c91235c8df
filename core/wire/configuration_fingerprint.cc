#include "core/wire/configuration_fingerprint.h"

#include "core/wire/go_json.h"
#include "core/wire/sha256.h"

namespace baokms::core {

std::string ConfigurationFingerprint(const ProviderIdentity& identity) {
  GoJsonWriter json(GoJsonWriter::Layout::kCompact);
  json.BeginObject()
      .String("domain", "openbao-kubernetes-kms/config-identity/v1")
      .String("provider_name", identity.provider_name)
      .String("cluster_id", identity.cluster_id)
      .String("openbao_instance_id", identity.openbao_instance_id)
      .StringIfAny("openbao_namespace", identity.openbao_namespace)
      .String("transit_mount_id", identity.transit_mount_id)
      .String("key_lineage_id", identity.transit_key_lineage_id)
      .String("transit_mount_path", identity.transit_mount_path)
      .String("transit_key_name", identity.transit_key_name)
      .EndObject();
  return "cfg1." + PublicHash(json.Take());
}

}  // namespace baokms::core
