// A flag's number.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace baokms::app {

// Decimal digits and nothing else; nullopt for less than `least`, which is not negative, or more
// than `most`.
std::optional<std::int64_t> ParseWholeNumber(std::string_view text, std::int64_t least,
                                             std::int64_t most);

}  // namespace baokms::app
