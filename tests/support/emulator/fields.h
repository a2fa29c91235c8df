// Reading request fields as leniently as OpenBao's framework does: numbers as strings, lists as
// comma-separated text, durations as "30m" or seconds.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/emulator/logical.h"

namespace baokms::emulator {

bool HasField(const Json& data, std::string_view name);  // present and not null
std::string TextField(const Json& data, std::string_view name);

// The error is OpenBao's text for a value of the wrong type.
std::expected<std::optional<std::string>, std::string> StrictTextField(const Json& data,
                                                                       std::string_view name);
std::expected<std::int64_t, std::string> IntField(const Json& data, std::string_view name,
                                                  std::int64_t fallback);

bool BoolField(const Json& data, std::string_view name, bool fallback);
std::vector<std::string> ListField(const Json& data, std::string_view name);

// Seconds; nothing when the text is no duration.
std::optional<std::int64_t> ParseDuration(std::string_view text);
std::expected<std::int64_t, std::string> DurationField(const Json& data, std::string_view name,
                                                       std::int64_t fallback);

}  // namespace baokms::emulator
