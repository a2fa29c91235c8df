// config.yaml of a bundle.
#pragma once

#include <string>

#include "core/model/configuration.h"

namespace baokms::app {

// YAML with what is required and what differs from the defaults, and what the Go provider asks for
// besides: fields of ours are written only where they were set. It loads back to the same
// configuration; two configurations have one text only when they are equal.
std::string ConfigFile(const core::Configuration& configuration);

}  // namespace baokms::app
