#include "adapters/config_yaml/go_duration.h"

#include <array>
#include <cstdint>
#include <limits>

#include "core/text/ascii.h"

namespace baokms::adapters::config_yaml {
namespace {

using core::IsDigit;

struct Unit {
  std::string_view name;
  std::int64_t nanoseconds;
};

// Longer names before their prefixes: "ms" before "m".
constexpr std::array<Unit, 8> kUnits{{{"ns", 1},
                                      {"us", 1'000},
                                      {"\xC2\xB5s", 1'000},
                                      {"\xCE\xBCs", 1'000},
                                      {"ms", 1'000'000},
                                      {"s", 1'000'000'000},
                                      {"m", 60'000'000'000},
                                      {"h", 3'600'000'000'000}}};

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

const Unit* TakeUnit(std::string_view& rest) {
  for (const Unit& unit : kUnits) {
    if (rest.starts_with(unit.name)) {
      rest.remove_prefix(unit.name.size());
      return &unit;
    }
  }
  return nullptr;
}

// One "number unit" group off the front, in nanoseconds.
std::optional<std::int64_t> TakeGroup(std::string_view& rest) {
  std::int64_t whole = 0;
  bool digits = false;
  for (; !rest.empty() && IsDigit(rest.front()); rest.remove_prefix(1)) {
    const int digit = rest.front() - '0';
    if (whole > (kMax - digit) / 10) return std::nullopt;
    whole = whole * 10 + digit;
    digits = true;
  }
  double fraction = 0;
  double scale = 1;
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    for (; !rest.empty() && IsDigit(rest.front()); rest.remove_prefix(1)) {
      digits = true;
      // Beyond a double's digits nothing changes; Go, too, leaves them out.
      if (scale > 1e15) continue;
      fraction = fraction * 10 + (rest.front() - '0');
      scale *= 10;
    }
  }
  if (!digits) return std::nullopt;
  const Unit* unit = TakeUnit(rest);
  if (unit == nullptr || whole > kMax / unit->nanoseconds) return std::nullopt;
  const std::int64_t base = whole * unit->nanoseconds;
  const auto part =
      static_cast<std::int64_t>(fraction * (static_cast<double>(unit->nanoseconds) / scale));
  if (base > kMax - part) return std::nullopt;
  return base + part;
}

}  // namespace

std::optional<std::chrono::nanoseconds> ParseGoDuration(std::string_view text) {
  bool negative = false;
  if (text.starts_with('-') || text.starts_with('+')) {
    negative = text.front() == '-';
    text.remove_prefix(1);
  }
  if (text.empty()) return std::nullopt;
  std::int64_t total = 0;
  while (!text.empty()) {
    const auto group = TakeGroup(text);
    if (!group || total > kMax - *group) return std::nullopt;
    total += *group;
  }
  return std::chrono::nanoseconds(negative ? -total : total);
}

std::string FormatGoDuration(std::chrono::nanoseconds duration) {
  std::int64_t rest = duration.count();
  if (rest == 0) return "0s";
  std::string text = rest < 0 ? "-" : "";
  constexpr std::array<Unit, 6> kDescending{{{"h", 3'600'000'000'000},
                                             {"m", 60'000'000'000},
                                             {"s", 1'000'000'000},
                                             {"ms", 1'000'000},
                                             {"us", 1'000},
                                             {"ns", 1}}};
  for (const Unit& unit : kDescending) {
    const std::int64_t count = rest / unit.nanoseconds;
    rest %= unit.nanoseconds;
    if (count != 0) text += std::to_string(count < 0 ? -count : count) + std::string(unit.name);
  }
  return text;
}

}  // namespace baokms::adapters::config_yaml
