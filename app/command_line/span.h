// A length of time as a flag takes it.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace baokms::app {

// As the configuration writes durations (500ms, 10s, 1m30s), above 0s and at most `most`.
std::optional<std::chrono::nanoseconds> ParseSpan(const std::string& text,
                                                  std::chrono::nanoseconds most);

}  // namespace baokms::app
