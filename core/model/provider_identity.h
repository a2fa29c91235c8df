// What the configuration says about which key this is; immutable once data is encrypted
// (configuration-and-cli.md, "File", fields marked I).
#pragma once

#include <string>

namespace baokms::core {

struct ProviderIdentity {
  std::string provider_name;
  std::string cluster_id;
  std::string openbao_instance_id;
  std::string openbao_namespace;  // empty: none
  std::string transit_mount_id;
  std::string transit_key_lineage_id;
  std::string transit_mount_path;
  std::string transit_key_name;

  friend bool operator==(const ProviderIdentity&, const ProviderIdentity&) = default;
};

}  // namespace baokms::core
