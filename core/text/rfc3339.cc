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

}  // namespace

std::string Rfc3339(std::chrono::sys_seconds at) { return DateAndTime(at) + 'Z'; }

std::string Rfc3339(std::chrono::sys_time<std::chrono::milliseconds> at) {
  const auto second = std::chrono::floor<std::chrono::seconds>(at);
  std::string text = DateAndTime(second) + '.';
  Append(text, (at - second).count(), 3);
  return text + 'Z';
}

}  // namespace baokms::core
