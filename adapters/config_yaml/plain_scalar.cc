#include "adapters/config_yaml/plain_scalar.h"

#include <algorithm>
#include <array>
#include <string>

#include "core/text/ascii.h"

namespace baokms::adapters::config_yaml {
namespace {

using core::EqualsIgnoringCase;
using core::IsDigit;

bool AllOf(std::string_view text, std::string_view allowed) {
  return !text.empty() && text.find_first_not_of(allowed) == std::string_view::npos;
}

// Digits with YAML 1.1's underscores, at least one digit.
bool IsDigits(std::string_view text) {
  return AllOf(text, "0123456789_") && std::ranges::any_of(text, IsDigit);
}

bool IsFloat(std::string_view text) {
  const std::size_t exponent = text.find_first_of("eE");
  if (exponent != std::string_view::npos) {
    std::string_view power = text.substr(exponent + 1);
    if (power.starts_with('+') || power.starts_with('-')) power.remove_prefix(1);
    if (!IsDigits(power)) return false;
    text = text.substr(0, exponent);
  }
  const std::size_t point = text.find('.');
  if (point == std::string_view::npos) return IsDigits(text);
  const std::string_view whole = text.substr(0, point);
  const std::string_view part = text.substr(point + 1);
  if (whole.empty() && part.empty()) return false;
  return (whole.empty() || IsDigits(whole)) && (part.empty() || IsDigits(part));
}

// YAML 1.1: 190:20:30, and the minutes and seconds of 20:30.15.
bool IsSexagesimal(std::string_view text) {
  if (text.find(':') == std::string_view::npos || !IsDigit(text.front())) return false;
  std::size_t start = 0;
  while (true) {
    const std::size_t colon = text.find(':', start);
    if (colon == std::string_view::npos) return IsFloat(text.substr(start));
    if (!IsDigits(text.substr(start, colon - start))) return false;
    start = colon + 1;
  }
}

bool IsNumber(std::string_view text) {
  if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
  if (text.empty()) return false;
  if (EqualsIgnoringCase(text, ".inf") || EqualsIgnoringCase(text, ".nan")) return true;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    return AllOf(text.substr(2), "0123456789abcdefABCDEF_");
  }
  if (text.starts_with("0o") || text.starts_with("0O")) return AllOf(text.substr(2), "01234567_");
  if (text.starts_with("0b") || text.starts_with("0B")) return AllOf(text.substr(2), "01_");
  return IsFloat(text) || IsSexagesimal(text);
}

// 2026-01-31, or that followed by a time: the date is enough to tell, what follows begins with T, t
// or a blank and a digit.
bool IsTimestamp(std::string_view text) {
  std::size_t at = 0;
  const auto digits = [&](std::size_t least, std::size_t most) {
    std::size_t count = 0;
    while (at < text.size() && IsDigit(text[at]) && count < most) {
      ++at;
      ++count;
    }
    return count >= least;
  };
  const auto dash = [&] {
    if (!text.substr(at).starts_with('-')) return false;
    ++at;
    return true;
  };
  if (!digits(4, 4) || !dash() || !digits(1, 2) || !dash() || !digits(1, 2)) return false;
  if (at == text.size()) return true;
  if (text[at] != 'T' && text[at] != 't' && text[at] != ' ' && text[at] != '\t') return false;
  const std::size_t time = text.find_first_not_of(" \t", at + 1);
  if (time == std::string_view::npos || !IsDigit(text[time])) return false;
  return text.find(':', time) != std::string_view::npos;
}

}  // namespace

ScalarReading ReadPlainScalar(std::string_view text) {
  if (text.empty() || text == "~" || EqualsIgnoringCase(text, "null")) return ScalarReading::kNull;
  constexpr std::array<std::string_view, 8> kBooleans{"true", "false", "yes", "no",
                                                      "on",   "off",   "y",   "n"};
  if (std::ranges::any_of(kBooleans,
                          [&](std::string_view word) { return EqualsIgnoringCase(text, word); })) {
    return ScalarReading::kBoolean;
  }
  if (IsTimestamp(text)) return ScalarReading::kTimestamp;
  if (IsNumber(text)) return ScalarReading::kNumber;
  return ScalarReading::kText;
}

std::string_view Name(ScalarReading reading) {
  switch (reading) {
    case ScalarReading::kText:
      return "text";
    case ScalarReading::kNull:
      return "null";
    case ScalarReading::kBoolean:
      return "a boolean";
    case ScalarReading::kNumber:
      return "a number";
    case ScalarReading::kTimestamp:
      return "a timestamp";
  }
  return "text";
}

}  // namespace baokms::adapters::config_yaml
