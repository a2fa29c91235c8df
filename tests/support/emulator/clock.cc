#include "tests/support/emulator/clock.h"

#include <array>
#include <cstdio>
#include <ctime>

namespace baokms::emulator {

std::string Rfc3339(std::int64_t unix_millis) {
  const std::time_t seconds = unix_millis / 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 32> head{};
  std::strftime(head.data(), head.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  std::array<char, 8> tail{};
  std::snprintf(tail.data(), tail.size(), ".%03dZ", static_cast<int>(unix_millis % 1000));
  return std::string(head.data()) + tail.data();
}

std::string GoDuration(std::int64_t seconds) {
  const std::int64_t hours = seconds / 3600;
  const std::int64_t minutes = seconds / 60 % 60;
  std::string text;
  if (hours > 0) text += std::to_string(hours) + "h";
  if (hours > 0 || minutes > 0) text += std::to_string(minutes) + "m";
  return text + std::to_string(seconds % 60) + "s";
}

}  // namespace baokms::emulator
