// A file that a flag names.
#pragma once

#include <expected>
#include <string>

#include "app/configuration/configuration_source.h"
#include "core/model/secret.h"
#include "ports/file_reader.h"

namespace baokms::app {

// Refused: with the flag as its field, what is wrong and what to do; never the path.
std::expected<core::Secret, ConfigProblems> ReadFlagFile(const ports::FileReader& files,
                                                         const std::string& flag,
                                                         const std::string& path,
                                                         ports::FilePolicy policy);

}  // namespace baokms::app
