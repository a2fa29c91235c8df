#include "core/wire/aad.h"

#include "core/wire/go_json.h"
#include "core/wire/sha256.h"

namespace baokms::core {

Aad BuildAad(const ProviderIdentity& identity, TransitKeyVersion version, const KeyId& key_id) {
  GoJsonWriter json(GoJsonWriter::Layout::kCompact);
  json.BeginObject()
      .String("aad_version", "v1")
      .String("purpose", "kubernetes-etcd-kms-v2")
      .String("provider", "openbao-transit")
      .String("provider_name", identity.provider_name)
      .String("cluster_id_hash", PublicHash(identity.cluster_id))
      .String("openbao_instance_hash", PublicHash(identity.openbao_instance_id));
  if (!identity.openbao_namespace.empty()) {
    json.String("openbao_namespace_hash", PublicHash(identity.openbao_namespace));
  }
  json.String("transit_mount_hash", PublicHash(identity.transit_mount_id))
      .String("transit_key_hash", PublicHash(identity.transit_key_lineage_id))
      .String("key_id_hash", PublicHash(key_id.str()))
      .String("key_version", version.ToString())
      .EndObject();
  return Aad::FromCanonicalJson(json.Take());
}

Aad ProbeAad() { return Aad::FromCanonicalJson("openbao-kubernetes-kms/status-probe/v1"); }

}  // namespace baokms::core
