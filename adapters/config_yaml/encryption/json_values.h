// A file that begins with a brace is JSON to kube-apiserver, and JSON alone: no comments, no key
// without quotes, nothing behind it.
#pragma once

#include <string_view>

#include "adapters/config_yaml/encryption/yaml_values.h"

namespace baokms::adapters::config_yaml {

bool IsJson(std::string_view text);

// Without lines.
FileValues ReadJsonValues(std::string_view text);

}  // namespace baokms::adapters::config_yaml
