// A file that a command's flag names, under the rules of configuration-and-cli.md, "Files named in
// the configuration".
#pragma once

#include <expected>
#include <string>

#include "app/configuration/configuration_source.h"
#include "core/model/secret.h"
#include "ports/file_reader.h"

namespace baokms::app {

// Its content; empty for an empty path. The problem names the flag and says what to do.
std::expected<core::Secret, ConfigProblems> ReadFlagFile(const ports::FileReader& files,
                                                         const std::string& flag,
                                                         const std::string& path,
                                                         ports::FilePolicy policy);

}  // namespace baokms::app
