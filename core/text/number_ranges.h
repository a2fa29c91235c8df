// Whole numbers as a person writes them down.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace baokms::core {

// "1-3, 5" of ascending numbers, none of which stands there twice.
std::string NumberRanges(std::span<const std::int64_t> ascending);

}  // namespace baokms::core
