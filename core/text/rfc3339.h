// Points in time as RFC 3339 writes them, in UTC.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace baokms::core {

// "2026-01-02T03:04:05Z". Of the years 0 to 9999.
std::string Rfc3339(std::chrono::sys_seconds at);
// The same of seconds since 1970.
std::string Rfc3339(std::int64_t unix_seconds);
// The way back: exactly what the functions above write, nullopt for anything else.
std::optional<std::chrono::sys_seconds> ParseRfc3339(std::string_view text);
// "2026-01-02T03:04:05.678Z".
std::string Rfc3339(std::chrono::sys_time<std::chrono::milliseconds> at);

}  // namespace baokms::core
