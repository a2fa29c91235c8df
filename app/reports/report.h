// How reports are shown (reports-and-labels.md): one object in the order of its fields, as JSON or
// as text.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "app/exit_code.h"

namespace baokms::app {

using Report = nlohmann::ordered_json;

enum class OutputFormat : std::uint8_t { kText, kJson };

// Blanks around it and case do not count; nullopt for anything but text or json.
std::optional<OutputFormat> ParseOutputFormat(std::string_view text);

// Two-space indent and a newline behind it.
std::string RenderJson(const Report& report);

// A `name: value` line for each field; one for each text of a list; lists of objects are left out.
std::string RenderFields(const Report& report);

// Why a command's check failed, as its one line on standard error.
ExitCode FailCheck(std::string_view command, std::string_view why);

}  // namespace baokms::app
