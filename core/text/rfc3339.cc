#include "core/text/rfc3339.h"

#include <cstddef>

namespace baokms::core {
namespace {

void Append(std::string& out, auto number, std::size_t digits) {
  const std::string text = std::to_string(number);
  if (text.size() < digits) out.append(digits - text.size(), '0');
  out += text;
}

// Without the zone.
std::string DateAndTime(std::chrono::sys_seconds at) {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(at - day);
  std::string text;
  Append(text, static_cast<int>(date.year()), 4);
  Append(text += '-', static_cast<unsigned>(date.month()), 2);
  Append(text += '-', static_cast<unsigned>(date.day()), 2);
  Append(text += 'T', clock.hours().count(), 2);
  Append(text += ':', clock.minutes().count(), 2);
  Append(text += ':', clock.seconds().count(), 2);
  return text;
}

// Of digits alone; -1 for anything else.
int NumberIn(std::string_view digits) {
  int number = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return -1;
    number = number * 10 + (c - '0');
  }
  return number;
}

}  // namespace

std::string Rfc3339(std::chrono::sys_seconds at) { return DateAndTime(at) + 'Z'; }

std::string Rfc3339(std::int64_t unix_seconds) {
  return Rfc3339(std::chrono::sys_seconds(std::chrono::seconds(unix_seconds)));
}

std::optional<std::chrono::sys_seconds> ParseRfc3339(std::string_view text) {
  using namespace std::chrono;
  constexpr std::string_view kForm = "0000-00-00T00:00:00Z";
  if (text.size() != kForm.size()) return std::nullopt;
  const auto part = [&](std::size_t at, std::size_t digits) {
    return NumberIn(text.substr(at, digits));
  };
  const int month = part(5, 2);
  const int day = part(8, 2);
  if (part(0, 4) < 0 || month < 0 || day < 0) return std::nullopt;
  const year_month_day date{year(part(0, 4)), std::chrono::month(static_cast<unsigned>(month)),
                            std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  const sys_seconds at =
      sys_days(date) + hours(part(11, 2)) + minutes(part(14, 2)) + seconds(part(17, 2));
  // What is no clock time, and whatever stands between the numbers, is written otherwise.
  return Rfc3339(at) == text ? std::optional(at) : std::nullopt;
}

std::string Rfc3339(std::chrono::sys_time<std::chrono::milliseconds> at) {
  const auto second = std::chrono::floor<std::chrono::seconds>(at);
  std::string text = DateAndTime(second) + '.';
  Append(text, (at - second).count(), 3);
  return text + 'Z';
}

}  // namespace baokms::core
