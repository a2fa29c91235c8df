// Whole configuration files, and how to spoil them in one place.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "adapters/config_yaml/load_configuration.h"

namespace baokms::tests {

// As an operator of the Go provider has them.
extern const std::string_view kJwtFileSample;
extern const std::string_view kPkcs11Sample;
// Ours and oauth2, minimal.
extern const std::string_view kOauth2Sample;
extern const std::string_view kJwtSpiffeSample;
extern const std::string_view kCertSpiffeSample;

// Everything compiled in.
adapters::config_yaml::ValidationOptions AllSources();

// `text` with its one occurrence of `from` replaced; fails the test when there is not exactly one.
std::string Replaced(std::string_view text, std::string_view from, std::string_view to);

// The 1-based line on which `piece` first stands; 0 when it does not.
int LineOf(std::string_view text, std::string_view piece);

std::expected<core::Configuration, adapters::config_yaml::ConfigProblems> Load(
    std::string_view text, const adapters::config_yaml::ValidationOptions& options = AllSources());

}  // namespace baokms::tests
