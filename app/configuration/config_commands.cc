#include "app/configuration/config_commands.h"

#include <array>
#include <cstdio>
#include <optional>
#include <string>
#include <utility>

#include "adapters/checked_file/posix_file_reader.h"
#include "adapters/config_yaml/json_schema.h"
#include "adapters/config_yaml/report.h"
#include "app/build_info.h"
#include "app/login/login_parts.h"
#include "core/wire/configuration_fingerprint.h"

namespace baokms::app {
namespace {

void Print(const std::string& text) { std::fputs(text.c_str(), stdout); }

// Identity fields that are not set; the namespace may be empty.
ConfigProblems MissingIdentity(const core::ProviderIdentity& identity) {
  const std::array<std::pair<const char*, const std::string*>, 7> fields{{
      {"openbao.instanceId", &identity.openbao_instance_id},
      {"transit.mountPath", &identity.transit_mount_path},
      {"transit.keyName", &identity.transit_key_name},
      {"transit.keyIdScope.providerName", &identity.provider_name},
      {"transit.keyIdScope.clusterId", &identity.cluster_id},
      {"transit.keyIdScope.transitMountId", &identity.transit_mount_id},
      {"transit.keyIdScope.keyLineageId", &identity.transit_key_lineage_id},
  }};
  ConfigProblems problems;
  for (const auto& [field, value] : fields) {
    if (value->empty()) {
      problems.push_back({.field = field, .line = 0, .message = "is required for the fingerprint"});
    }
  }
  return problems;
}

}  // namespace

ExitCode PrintConfig(const ConfigurationRequest& request) {
  const adapters::checked_file::PosixFileReader files;
  const auto configuration = ResolveConfiguration(request, files);
  if (!configuration) return RefuseConfiguration(configuration.error());
  const core::ProviderIdentity identity = IdentityOf(*configuration);
  std::optional<std::string> fingerprint;
  if (MissingIdentity(identity).empty()) fingerprint = core::ConfigurationFingerprint(identity);
  Print(adapters::config_yaml::RenderConfigReport(*configuration, fingerprint));
  return ExitCode::kOk;
}

ExitCode PrintConfigFingerprint(const ConfigurationRequest& request) {
  const adapters::checked_file::PosixFileReader files;
  const auto configuration = ResolveConfiguration(request, files);
  if (!configuration) return RefuseConfiguration(configuration.error());
  const core::ProviderIdentity identity = IdentityOf(*configuration);
  if (const ConfigProblems missing = MissingIdentity(identity); !missing.empty()) {
    return RefuseConfiguration(missing);
  }
  Print(core::ConfigurationFingerprint(identity) + "\n");
  return ExitCode::kOk;
}

ExitCode PrintConfigSchema() {
  Print(adapters::config_yaml::ConfigSchema());
  return ExitCode::kOk;
}

ExitCode PrintVersion() {
  Print(std::string("version: ") + kVersion + "\ncommit: " + kCommit +
        "\nbuildDate: " + kBuildDate + "\ndirty: " + (kDirty ? "true" : "false") +
        "\nauthSources: " + NameBuiltSources() + "\n");
  return ExitCode::kOk;
}

}  // namespace baokms::app
