// "did you mean": the known key nearest to an unknown one.
#pragma once

#include <string>
#include <string_view>

namespace baokms::adapters::config_yaml {

// `section` is the dotted name of the mapping with its last dot, or empty. Answers with a key of
// that section, else with the full name of a field or section whose last part is `key`; empty for
// neither.
std::string SuggestKey(std::string_view section, std::string_view key);

}  // namespace baokms::adapters::config_yaml
