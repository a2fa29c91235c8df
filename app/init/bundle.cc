#include "app/init/bundle.h"

#include <cstdio>
#include <optional>
#include <utility>

#include "adapters/config_yaml/load_configuration.h"
#include "app/build_info.h"
#include "app/configuration/policy_commands.h"
#include "app/init/config_file.h"
#include "app/init/encryption_configurations.h"
#include "app/init/node_setup_script.h"
#include "app/init/openbao_setup_script.h"
#include "app/init/remaining_actions.h"
#include "app/init/static_pod_manifest.h"
#include "app/reports/report.h"

namespace baokms::app {
namespace {

namespace config_yaml = adapters::config_yaml;

struct PhaseFile {
  const char* name;
  ApiServerPhase phase;
  const char* purpose;
};
constexpr PhaseFile kPhaseFiles[] = {
    {"encryption-config.yaml", ApiServerPhase::kWriters,
     "kube-apiserver's EncryptionConfiguration for phase 2: encrypts Secrets on write"},
    {"encryption-config-readers.yaml", ApiServerPhase::kReaders,
     "kube-apiserver's EncryptionConfiguration for phase 1: reads encrypted Secrets, writes "
     "plaintext"},
    {"encryption-config-without-identity.yaml", ApiServerPhase::kWithoutIdentity,
     "kube-apiserver's EncryptionConfiguration for afterwards: refuses Secrets in plaintext"}};

std::string Octal(std::uint32_t mode) {
  char text[16];
  std::snprintf(text, sizeof text, "%04o", mode);
  return text;
}

bool LoadsBack(const std::string& config_file, const config_yaml::ValidationOptions& options) {
  const auto no_environment = [](const std::string&) { return std::optional<std::string>(); };
  const auto loaded = config_yaml::LoadConfiguration(config_file, {}, no_environment, options);
  return loaded && ConfigFile(*loaded) == config_file;
}

std::string InstallationJson(const Installation& installation,
                             const std::vector<BundleFile>& others) {
  const core::Configuration& configuration = installation.configuration;
  Report report = Report::object();
  report["generator"] = {
      {"Version", kVersion}, {"Commit", kCommit}, {"BuildDate", kBuildDate}, {"Dirty", kDirty}};
  report["model"] = Name(installation.model);
  if (!installation.image.empty()) report["image"] = installation.image;
  report["identityFingerprint"] = installation.identity_fingerprint;
  report["keyLineageId"] = configuration.transit.key_id_scope.key_lineage_id;
  report["runtimeUser"] = RuntimeUser(installation.model);
  report["socketGroup"] = configuration.server.socket_group;
  report["socketPath"] = configuration.server.socket_path;
  report["statePath"] = configuration.state.path;
  report["files"] = Report::array();
  for (const BundleFile& file : others) {
    report["files"].push_back(
        {{"name", file.name}, {"mode", Octal(file.mode)}, {"purpose", file.purpose}});
  }
  report["remainingActions"] = RemainingActions(installation);
  return RenderJson(report);
}

}  // namespace

std::expected<std::vector<BundleFile>, std::string> MakeBundle(
    const Installation& installation, const config_yaml::ValidationOptions& options) {
  const core::TransitConfiguration& transit = installation.configuration.transit;
  const auto policy = OpenBaoPolicy(transit.mount_path, transit.key_name, TokenRenewal::kIncluded);
  if (!policy) return std::unexpected("openbao-policy.hcl: " + policy.error());

  std::vector<BundleFile> files = {{"config.yaml", 0640, "the provider's configuration",
                                    ConfigFile(installation.configuration)}};
  if (!LoadsBack(files[0].content, options)) {
    return std::unexpected("config.yaml does not load back to the planned configuration");
  }
  for (const auto& [name, phase, purpose] : kPhaseFiles) {
    files.push_back({name, 0644, purpose, EncryptionConfiguration(installation, phase)});
    const std::string wrong = WrongWith(files.back().content, installation, phase);
    if (!wrong.empty()) return std::unexpected(name + (": " + wrong));
  }
  files.push_back({"openbao-policy.hcl", 0644, "the provider's policy in OpenBao", *policy});
  files.push_back({"openbao-setup.sh", 0750, "sets up OpenBao; run by an OpenBao administrator",
                   OpenBaoSetupScript(installation, *policy)});
  if (installation.model == DeploymentModel::kStaticPod) {
    files.push_back({"bao-kms-provider.yaml", 0644, "the static pod's manifest",
                     StaticPodManifest(installation)});
  }
  files.push_back({"node-setup.sh", 0750,
                   "prepares, installs, checks and starts a node; run as root on the node",
                   NodeSetupScript(installation)});
  files.push_back(
      {"installation.json", 0640, "describes this bundle and lists what is left to do", ""});
  files.back().content = InstallationJson(installation, files);
  return files;
}

}  // namespace baokms::app
