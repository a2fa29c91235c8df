#include "core/wire/key_id.h"

#include <string>

#include "core/wire/sha256.h"

namespace baokms::core {

KeyId DeriveKeyId(const ProviderIdentity& identity, TransitKeyVersion version,
                  UnixSeconds created_at) {
  std::string input;
  // Every part, the last too, is followed by one NUL.
  const auto add = [&input](std::string_view part) {
    input += part;
    input += '\0';
  };
  add("openbao-kubernetes-kms/key-id/v1");
  add(identity.provider_name);
  add(identity.cluster_id);
  add(identity.openbao_instance_id);
  if (!identity.openbao_namespace.empty()) add(identity.openbao_namespace);
  add(identity.transit_mount_id);
  add(identity.transit_key_lineage_id);
  add(version.ToString());
  add(std::to_string(created_at));
  return KeyId::FromDigest(Sha256(input));
}

}  // namespace baokms::core
