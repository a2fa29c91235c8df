#include "core/text/number_ranges.h"

#include <cstddef>

namespace baokms::core {

std::string NumberRanges(std::span<const std::int64_t> ascending) {
  std::string text;
  for (std::size_t first = 0; first < ascending.size();) {
    std::size_t last = first;
    while (last + 1 < ascending.size() && ascending[last] + 1 == ascending[last + 1]) ++last;
    if (!text.empty()) text += ", ";
    text += std::to_string(ascending[first]);
    if (last > first) text += "-" + std::to_string(ascending[last]);
    first = last + 1;
  }
  return text;
}

}  // namespace baokms::core
