// How YAML reads a plain (unquoted) scalar. yaml-cpp does not resolve scalars for an event handler.
#pragma once

#include <cstdint>
#include <string_view>

namespace baokms::adapters::config_yaml {

enum class ScalarReading : std::uint8_t { kText, kNull, kBoolean, kNumber, kTimestamp };

// Everything that the YAML 1.1 or the YAML 1.2 core schema takes for something else than text, so
// that no reader of the same file can disagree about a value.
ScalarReading ReadPlainScalar(std::string_view text);

std::string_view Name(ScalarReading reading);  // "a number"

}  // namespace baokms::adapters::config_yaml
