#include "app/configuration/configuration_source.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "adapters/config_yaml/configured_files.h"
#include "adapters/config_yaml/load_configuration.h"
#include "adapters/config_yaml/report.h"
#include "app/login/login_parts.h"

namespace baokms::app {
namespace {

namespace config_yaml = adapters::config_yaml;

std::optional<std::string> Environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

// What this user may not look at is there: who reads it says so.
bool IsThere(const std::string& path) {
  struct stat status{};
  return lstat(path.c_str(), &status) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

std::unexpected<ConfigProblems> Unreadable(ports::FileProblem problem) {
  return std::unexpected(
      ConfigProblems{{.field = "config",
                      .line = 0,
                      .message = "cannot be read: " + std::string(ports::Name(problem)) +
                                 " (an absolute path to a regular file, mode 0640 or stricter)"}});
}

std::expected<std::optional<std::string>, ConfigProblems> ReadText(
    const ConfigurationRequest& request, const ports::FileReader& files) {
  const std::string path = ConfigurationFile(request);
  if (path.empty()) return std::nullopt;
  auto text = files.Read(path, ports::kConfigFile);
  if (!text) return Unreadable(text.error());
  return std::string(text->ExposeSecret());
}

}  // namespace

bool NamesConfiguration(const ConfigurationRequest& request) {
  return !ConfigurationFile(request).empty();
}

std::string ConfigurationFile(const ConfigurationRequest& request) {
  return config_yaml::ResolveConfigPath(request.overrides, Environment, IsThere).value_or("");
}

std::expected<core::Configuration, ConfigProblems> ResolveConfiguration(
    const ConfigurationRequest& request, const ports::FileReader& files) {
  const auto text = ReadText(request, files);
  if (!text) return std::unexpected(text.error());
  return config_yaml::ResolveConfiguration(*text, request.overrides, Environment);
}

std::expected<core::Configuration, ConfigProblems> LoadConfiguration(
    const ConfigurationRequest& request, const ports::FileReader& files) {
  const auto text = ReadText(request, files);
  if (!text) return std::unexpected(text.error());
  return config_yaml::LoadConfiguration(
      *text, request.overrides, Environment,
      {.sources = BuiltSources(), .allowed_socket_parents = request.allowed_socket_parents});
}

std::expected<core::Configuration, ConfigProblems> LoadCheckedConfiguration(
    const ConfigurationRequest& request, const ports::FileReader& files) {
  auto configuration = LoadConfiguration(request, files);
  if (!configuration) return configuration;
  ConfigProblems problems = config_yaml::CheckConfiguredFiles(*configuration, files, geteuid());
  if (!problems.empty()) return std::unexpected(std::move(problems));
  return configuration;
}

ExitCode RefuseConfiguration(const ConfigProblems& problems) {
  std::fprintf(stderr, "%s\n", config_yaml::FormatProblems(problems).c_str());
  return ExitCode::kConfiguration;
}

core::ProviderIdentity IdentityOf(const core::Configuration& configuration) {
  const core::TransitConfiguration& transit = configuration.transit;
  return {.provider_name = transit.key_id_scope.provider_name,
          .cluster_id = transit.key_id_scope.cluster_id,
          .openbao_instance_id = configuration.openbao.instance_id,
          .openbao_namespace = configuration.openbao.openbao_namespace,
          .transit_mount_id = transit.key_id_scope.transit_mount_id,
          .transit_key_lineage_id = transit.key_id_scope.key_lineage_id,
          .transit_mount_path = transit.mount_path,
          .transit_key_name = transit.key_name};
}

core::RotationPolicy RotationPolicyOf(const core::Configuration& configuration) {
  return {.required_observations = configuration.rotation.require_stable_observation_count,
          .reject_version_rollback = configuration.rotation.reject_version_rollback};
}

}  // namespace baokms::app
