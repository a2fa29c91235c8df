#include "core/text/number_ranges.h"

#include <doctest/doctest.h>

#include <limits>
#include <vector>

namespace baokms::core {

TEST_CASE("Number ranges: neighbors are one range and gaps begin another") {
  const auto ranges = [](const std::vector<std::int64_t>& numbers) {
    return NumberRanges(numbers);
  };
  CHECK(ranges({}).empty());
  CHECK(ranges({7}) == "7");
  CHECK(ranges({1, 2}) == "1-2");
  CHECK(ranges({1, 3}) == "1, 3");
  CHECK(ranges({1, 2, 3, 5, 7, 8}) == "1-3, 5, 7-8");
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  CHECK(ranges({kMost - 1, kMost}) == std::to_string(kMost - 1) + "-" + std::to_string(kMost));
}

}  // namespace baokms::core
