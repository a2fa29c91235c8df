// Where a node stands in the text of a YAML file, for what yaml-cpp 0.7 does not tell: it takes the
// end of the text for a missing quote, and a key alone on its line for a key without a value. A cut
// file looks like both.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace baokms::adapters::config_yaml {

// The position behind the closing quote of the scalar that begins at `at`.
std::optional<std::size_t> EndOfQuoted(std::string_view source, std::size_t at);

// Whether libyaml knows every escape between the double quotes that begin at `at`: yaml-cpp also
// takes JSON's `\/`.
bool KnowsEscapes(std::string_view source, std::size_t at);

// Whether a colon follows on the line of the key that begins at `at`; `key`: as it was read.
bool HasColon(std::string_view source, std::size_t at, std::string_view key, bool plain);

}  // namespace baokms::adapters::config_yaml
