// Base64 as Go's standard encoding reads it: CR and LF count for nothing, padding is required, bits
// that no byte owns are ignored.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace baokms::adapters::config_yaml {

std::optional<std::string> GoBase64Decode(std::string_view text);

}  // namespace baokms::adapters::config_yaml
