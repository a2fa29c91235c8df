// The way from a file's text to a configuration: decode, override, settle, validate.
#pragma once

#include <expected>
#include <optional>
#include <string_view>

#include "adapters/config_yaml/config_problem.h"
#include "adapters/config_yaml/overrides.h"
#include "adapters/config_yaml/validate.h"
#include "core/model/configuration.h"

namespace baokms::adapters::config_yaml {

// Parsed and overridden, not validated: for the `config` command. Problems are unreadable text,
// unknown keys and values of a wrong type. Without text (no path was given) all is defaults.
std::expected<core::Configuration, ConfigProblems> ResolveConfiguration(
    std::optional<std::string_view> text, const Overrides& overrides, const EnvLookup& environment);

// Resolved and valid, or every problem. Does not touch the files that it names: see
// configured_files.h.
std::expected<core::Configuration, ConfigProblems> LoadConfiguration(
    std::optional<std::string_view> text, const Overrides& overrides, const EnvLookup& environment,
    const ValidationOptions& options);

}  // namespace baokms::adapters::config_yaml
