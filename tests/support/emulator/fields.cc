#include "tests/support/emulator/fields.h"

#include <charconv>
#include <cstdlib>

namespace baokms::emulator {
namespace {

std::optional<std::int64_t> WholeNumber(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return {};
  return value;
}

std::string Trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\n");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t\n") - first + 1));
}

std::string GoTypeName(const Json& value) {
  return value.is_object() ? "map[string]interface {}" : "[]interface {}";
}

}  // namespace

bool HasField(const Json& data, std::string_view name) {
  const auto found = data.find(name);
  return found != data.end() && !found->is_null();
}

std::string TextField(const Json& data, std::string_view name) {
  const auto text = StrictTextField(data, name);
  return text && *text ? **text : std::string();
}

std::expected<std::optional<std::string>, std::string> StrictTextField(const Json& data,
                                                                       std::string_view name) {
  const auto found = data.find(name);
  if (found == data.end() || found->is_null()) return std::nullopt;
  if (found->is_string()) return found->get<std::string>();
  if (found->is_number()) return found->dump();
  if (found->is_boolean()) return found->get<bool>() ? "1" : "0";
  return std::unexpected("error converting input for field \"" + std::string(name) +
                         "\": '' expected type 'string', got unconvertible type '" +
                         GoTypeName(*found) + "'");
}

std::expected<std::int64_t, std::string> IntField(const Json& data, std::string_view name,
                                                  std::int64_t fallback) {
  const auto found = data.find(name);
  if (found == data.end() || found->is_null()) return fallback;
  if (found->is_number_integer()) return found->get<std::int64_t>();
  if (found->is_string()) {
    const auto& text = found->get_ref<const std::string&>();
    if (text.empty()) return 0;
    if (const auto number = WholeNumber(text)) return *number;
  }
  return std::unexpected("error converting input for field \"" + std::string(name) +
                         "\": '' cannot parse value as 'int': strconv.ParseInt: invalid syntax");
}

bool BoolField(const Json& data, std::string_view name, bool fallback) {
  const auto found = data.find(name);
  if (found == data.end() || found->is_null()) return fallback;
  if (found->is_boolean()) return found->get<bool>();
  if (found->is_string()) {
    const auto& text = found->get_ref<const std::string&>();
    return text == "true" || text == "1" || text == "t" || text == "TRUE" || text == "True";
  }
  return found->is_number_integer() && found->get<std::int64_t>() != 0;
}

std::vector<std::string> ListField(const Json& data, std::string_view name) {
  std::vector<std::string> values;
  const auto found = data.find(name);
  if (found == data.end()) return values;
  if (found->is_array()) {
    for (const Json& value : *found) {
      if (value.is_string()) values.push_back(value.get<std::string>());
    }
  } else if (found->is_string()) {
    std::string_view rest = found->get_ref<const std::string&>();
    while (!rest.empty()) {
      const auto comma = std::min(rest.find(','), rest.size());
      std::string value = Trimmed(rest.substr(0, comma));
      if (!value.empty()) values.push_back(std::move(value));
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
  }
  return values;
}

std::optional<std::int64_t> ParseDuration(std::string_view text) {
  if (const auto seconds = WholeNumber(text)) return seconds;
  double total = 0;
  if (text.empty()) return std::nullopt;
  while (!text.empty()) {
    double amount = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), amount);
    if (error != std::errc() || end == text.data()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (text.starts_with("ms")) {
      total += amount / 1000;
      text.remove_prefix(2);
      continue;
    }
    if (text.empty()) return std::nullopt;
    switch (text.front()) {
      case 's':
        total += amount;
        break;
      case 'm':
        total += amount * 60;
        break;
      case 'h':
        total += amount * 3600;
        break;
      case 'd':
        total += amount * 86400;
        break;
      default:
        return std::nullopt;
    }
    text.remove_prefix(1);
  }
  return static_cast<std::int64_t>(total);
}

std::expected<std::int64_t, std::string> DurationField(const Json& data, std::string_view name,
                                                       std::int64_t fallback) {
  const auto found = data.find(name);
  if (found == data.end() || found->is_null()) return fallback;
  if (found->is_number_integer()) return found->get<std::int64_t>();
  const std::string text = found->is_string() ? found->get<std::string>() : found->dump();
  if (text.empty()) return 0;
  if (const auto seconds = ParseDuration(text)) return *seconds;
  return std::unexpected("error converting input for field \"" + std::string(name) +
                         "\": time: invalid duration \"" + text + "\"");
}

}  // namespace baokms::emulator
