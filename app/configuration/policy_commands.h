// `policy openbao`: the least-privilege policy for this configuration (configuration-and-cli.md,
// "Commands"; reports-and-labels.md, "init").
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "app/configuration/configuration_source.h"
#include "app/exit_code.h"

namespace baokms::app {

enum class TokenRenewal : std::uint8_t { kIncluded, kLeftOut };

// HCL: a commented stanza for each path. The error says what is wrong with the mount path: a
// policy would read it as a pattern.
std::expected<std::string, std::string> OpenBaoPolicy(std::string_view mount_path,
                                                      std::string_view key_name,
                                                      TokenRenewal renewal);

ExitCode PrintOpenBaoPolicy(const ConfigurationRequest& request, TokenRenewal renewal);

}  // namespace baokms::app
