#include "core/text/duration_words.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace baokms::core {
namespace {

struct Unit {
  std::int64_t seconds;
  std::string_view name;
};

constexpr std::array<Unit, 4> kUnits{{{86400, " d"}, {3600, " h"}, {60, " min"}, {1, " s"}}};

}  // namespace

std::string DurationWords(std::chrono::seconds duration) {
  std::int64_t left = std::max<std::int64_t>(0, duration.count());
  std::size_t at = 0;
  while (at + 1 < kUnits.size() && left < kUnits[at].seconds) ++at;
  std::string words = std::to_string(left / kUnits[at].seconds).append(kUnits[at].name);
  left %= kUnits[at].seconds;
  if (at + 1 == kUnits.size() || left < kUnits[at + 1].seconds) return words;
  return words.append(" ")
      .append(std::to_string(left / kUnits[at + 1].seconds))
      .append(kUnits[at + 1].name);
}

}  // namespace baokms::core
