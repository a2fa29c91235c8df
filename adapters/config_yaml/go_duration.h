// Durations as Go writes them: "2s", "1h30m", "500ms" (configuration-and-cli.md, "File").
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace baokms::adapters::config_yaml {

// Units ns, us (also with either micro sign), ms, s, m, h; a sign and fractions are allowed, cut to
// whole nanoseconds. Nothing for text without a unit ("0" too) or beyond 64-bit nanoseconds.
std::optional<std::chrono::nanoseconds> ParseGoDuration(std::string_view text);

// The shortest text in whole units that parses back to `duration`: "1h30m", "500ms", "0s".
std::string FormatGoDuration(std::chrono::nanoseconds duration);

}  // namespace baokms::adapters::config_yaml
