// What flags and environment variables may change (configuration-and-cli.md, "Environment
// overrides"): flags beat environment beats file beats default.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/config_yaml/decode.h"

namespace baokms::adapters::config_yaml {

// The common flags; nothing means that the flag was not given. An empty address is a value: it
// switches the listener off.
struct Overrides {
  std::optional<std::string> config_path;
  std::optional<std::string> log_level;
  std::optional<std::string> metrics_address;
  std::optional<std::string> health_address;
};

// For the reference: what beats the file, or names it.
struct OverrideVariables {
  std::string_view field;                     // empty: the file's path
  std::array<std::string_view, 2> variables;  // the first that is not empty counts
};
std::vector<OverrideVariables> DescribeOverrides();

// Answers like getenv: nothing for an unset variable.
using EnvLookup = std::function<std::optional<std::string>(const std::string& name)>;

void ApplyOverrides(const Overrides& overrides, const EnvLookup& environment, Draft& draft);

// Where a node that was set up has its configuration.
inline constexpr std::string_view kUsualConfigPath = "/etc/openbao-kms/config.yaml";

// Whether something is at that path; true also when this user may not look.
using PathExists = std::function<bool(const std::string& path)>;

// The configuration's path: the flag, else BAO_KMS_PROVIDER_CONFIG, else
// BAO_KMS_PROVIDER_CONFIG_PATH, else kUsualConfigPath if there is such a file, else none; empty
// ones count as unset.
std::optional<std::string> ResolveConfigPath(const Overrides& overrides,
                                             const EnvLookup& environment,
                                             const PathExists& exists);

}  // namespace baokms::adapters::config_yaml
