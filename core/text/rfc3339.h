// Points in time as RFC 3339 writes them, in UTC.
#pragma once

#include <chrono>
#include <string>

namespace baokms::core {

// "2026-01-02T03:04:05Z". Of the years 0 to 9999.
std::string Rfc3339(std::chrono::sys_seconds at);
// "2026-01-02T03:04:05.678Z".
std::string Rfc3339(std::chrono::sys_time<std::chrono::milliseconds> at);

}  // namespace baokms::core
