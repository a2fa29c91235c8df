// From flags, environment and file to a configuration, for every command that has one.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "adapters/config_yaml/config_problem.h"
#include "adapters/config_yaml/overrides.h"
#include "app/exit_code.h"
#include "core/model/configuration.h"
#include "core/model/provider_identity.h"
#include "core/rotation/rotation.h"
#include "ports/file_reader.h"

namespace baokms::app {

using adapters::config_yaml::ConfigProblems;

struct ConfigurationRequest {
  adapters::config_yaml::Overrides overrides;
  std::vector<std::string> allowed_socket_parents;
};

// Whether there is a file to read.
bool NamesConfiguration(const ConfigurationRequest& request);
// The file that a flag or the environment names, else /etc/openbao-kms/config.yaml if it is there;
// empty: none.
std::string ConfigurationFile(const ConfigurationRequest& request);

// Parsed and overridden, not judged.
std::expected<core::Configuration, ConfigProblems> ResolveConfiguration(
    const ConfigurationRequest& request, const ports::FileReader& files);

// Judged as well, every problem at once; the files that it names are not looked at.
std::expected<core::Configuration, ConfigProblems> LoadConfiguration(
    const ConfigurationRequest& request, const ports::FileReader& files);

// The same and every file it names, and the socket's directory: `serve` and `doctor`.
std::expected<core::Configuration, ConfigProblems> LoadCheckedConfiguration(
    const ConfigurationRequest& request, const ports::FileReader& files);

// Every problem on standard error.
ExitCode RefuseConfiguration(const ConfigProblems& problems);

core::ProviderIdentity IdentityOf(const core::Configuration& configuration);
core::RotationPolicy RotationPolicyOf(const core::Configuration& configuration);

}  // namespace baokms::app
