#include "adapters/config_yaml/field_value.h"

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "adapters/config_yaml/go_duration.h"
#include "adapters/config_yaml/plain_scalar.h"
#include "core/text/printable.h"

namespace baokms::adapters::config_yaml {
namespace {

using core::Configuration;

template <typename... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};

// Decimal digits, no sign but '-', no leading zeros: 010 is 8 to some readers and 10 to others.
template <typename Number>
std::optional<Number> ParseDecimal(std::string_view text) {
  const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  if (digits.empty() || (digits.size() > 1 && digits.front() == '0')) return std::nullopt;
  if (digits.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<std::uint32_t> ParseOctalMode(std::string_view text) {
  if (text.empty() || text.size() > 5) return std::nullopt;
  std::uint32_t mode = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), mode, 8);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return mode;
}

std::string OneOf(const Field& field) { return "must be one of: " + DescribeRule(field); }

constexpr std::string_view kNoDuration = "must be a duration with a unit, such as 30s or 1h30m";
constexpr std::string_view kNoMode = "must be octal digits in quotes, such as \"0660\"";

// A YAML string: quoted, or a plain scalar that no YAML reader takes for something else.
Complaint CheckString(const YamlNode& node) {
  if (node.kind == YamlNode::Kind::kNull) return "has no value; write \"\" for an empty string";
  if (node.kind != YamlNode::Kind::kScalar) return "must be a string";
  if (!node.plain) return std::nullopt;
  const ScalarReading reading = ReadPlainScalar(node.text);
  if (reading == ScalarReading::kText) return std::nullopt;
  return "must be a string, but YAML reads it as " + std::string(Name(reading)) + ": quote it";
}

// A plain scalar, for numbers and booleans.
bool IsPlain(const YamlNode& node) { return node.kind == YamlNode::Kind::kScalar && node.plain; }

using Problems = std::vector<ValueProblem>;

Problems One(const YamlNode& node, std::string message) {
  return {{.line = node.line, .message = std::move(message)}};
}

Problems AssignTextList(const YamlNode& node, std::vector<std::string>& target) {
  if (node.kind != YamlNode::Kind::kSequence) return One(node, "must be a list of strings");
  Problems problems;
  std::vector<std::string> values;
  for (const YamlNode& item : node.items) {
    if (item.refused) continue;
    if (auto complaint = CheckString(item)) {
      problems.push_back({item.line, "each entry " + *complaint});
    } else {
      values.push_back(item.text);
    }
  }
  if (problems.empty()) target = std::move(values);
  return problems;
}

Problems AssignIdList(const YamlNode& node, std::vector<std::uint32_t>& target) {
  if (node.kind != YamlNode::Kind::kSequence) return One(node, "must be a list of numbers");
  Problems problems;
  std::vector<std::uint32_t> values;
  for (const YamlNode& item : node.items) {
    if (item.refused) continue;
    const auto id = IsPlain(item) ? ParseDecimal<std::uint32_t>(item.text) : std::nullopt;
    // The largest value means "none" to the kernel.
    if (!id || *id == UINT32_MAX) {
      problems.push_back({item.line, "each entry must be a numeric id, in decimal and unquoted"});
    } else {
      values.push_back(*id);
    }
  }
  if (problems.empty()) target = std::move(values);
  return problems;
}

std::string Joined(const auto& list, auto&& show) {
  std::string text = "[";
  for (const auto& entry : list) {
    if (text.size() > 1) text += ", ";
    text += show(entry);
  }
  return text + "]";
}

std::string Shown(const std::string& text) { return core::Printable(text, core::Kept::kUtf8); }

}  // namespace

std::vector<ValueProblem> AssignNode(const Field& field, const YamlNode& node, Configuration& c) {
  const auto text_value = [&](std::string_view wrong, auto&& assign) -> Problems {
    if (node.plain && ReadPlainScalar(node.text) == ScalarReading::kNumber && !wrong.empty()) {
      return One(node, std::string(wrong));
    }
    if (auto complaint = CheckString(node)) return One(node, *complaint);
    if (auto complaint = assign()) return One(node, *complaint);
    return {};
  };
  const auto from_text = [&] { return AssignText(field, node.text, c); };
  return std::visit(Overloaded{
                        [&](TextSlot) { return text_value("", from_text); },
                        [&](WordSlot) { return text_value("", from_text); },
                        [&](OctalModeSlot) { return text_value("", from_text); },
                        [&](DurationSlot) { return text_value(kNoDuration, from_text); },
                        [&](IntegerSlot) -> Problems {
                          if (!IsPlain(node))
                            return One(node, "must be a whole number, without quotes");
                          if (auto complaint = from_text()) return One(node, *complaint);
                          return {};
                        },
                        [&](BooleanSlot) -> Problems {
                          if (!IsPlain(node))
                            return One(node, "must be true or false, without quotes");
                          if (auto complaint = from_text()) return One(node, *complaint);
                          return {};
                        },
                        [&](TextListSlot slot) { return AssignTextList(node, slot(c)); },
                        [&](IdListSlot slot) { return AssignIdList(node, slot(c)); },
                    },
                    field.slot);
}

Complaint AssignText(const Field& field, std::string_view text, Configuration& c) {
  return std::visit(Overloaded{
                        [&](TextSlot slot) -> Complaint {
                          slot(c) = text;
                          return std::nullopt;
                        },
                        [&](WordSlot slot) -> Complaint {
                          const auto words = Words(field);
                          const auto found = std::ranges::find(words, text);
                          if (found == words.end()) return OneOf(field);
                          slot.assign(c, static_cast<std::size_t>(found - words.begin()));
                          return std::nullopt;
                        },
                        [&](OctalModeSlot slot) -> Complaint {
                          const auto mode = ParseOctalMode(text);
                          if (!mode) return std::string(kNoMode);
                          slot(c) = *mode;
                          return std::nullopt;
                        },
                        [&](DurationSlot slot) -> Complaint {
                          const auto duration = ParseGoDuration(text);
                          if (!duration) return std::string(kNoDuration);
                          slot(c) = *duration;
                          return std::nullopt;
                        },
                        [&](IntegerSlot slot) -> Complaint {
                          const auto number = ParseDecimal<std::int64_t>(text);
                          if (!number)
                            return "must be a whole number in decimal, without leading zeros";
                          slot(c) = *number;
                          return std::nullopt;
                        },
                        [&](BooleanSlot slot) -> Complaint {
                          const bool yes = text == "true" || text == "True" || text == "TRUE";
                          const bool no = text == "false" || text == "False" || text == "FALSE";
                          if (!yes && !no) return "must be true or false";
                          slot(c) = yes;
                          return std::nullopt;
                        },
                        [&](TextListSlot slot) -> Complaint {
                          slot(c).clear();
                          return std::nullopt;
                        },
                        [&](IdListSlot slot) -> Complaint {
                          slot(c).clear();
                          return std::nullopt;
                        },
                    },
                    field.slot);
}

std::string RenderValue(const Field& field, const Configuration& configuration) {
  // Slots hand out references for writing; this only reads through them.
  auto& c = const_cast<Configuration&>(configuration);
  return std::visit(Overloaded{
                        [&](TextSlot slot) { return Shown(slot(c)); },
                        [&](WordSlot slot) {
                          const auto words = Words(field);
                          return std::string(words.at(slot.read(configuration)));
                        },
                        [&](OctalModeSlot slot) {
                          char digits[16];
                          std::snprintf(digits, sizeof digits, "%04o", slot(c));
                          return std::string(digits);
                        },
                        [&](DurationSlot slot) { return FormatGoDuration(slot(c)); },
                        [&](IntegerSlot slot) { return std::to_string(slot(c)); },
                        [&](BooleanSlot slot) { return std::string(slot(c) ? "true" : "false"); },
                        [&](TextListSlot slot) { return Joined(slot(c), Shown); },
                        [&](IdListSlot slot) {
                          return Joined(slot(c),
                                        [](std::uint32_t id) { return std::to_string(id); });
                        },
                    },
                    field.slot);
}

bool IsUnset(const Field& field, const Configuration& configuration) {
  // As in RenderValue.
  auto& c = const_cast<Configuration&>(configuration);
  return std::visit(
      Overloaded{
          [&](TextSlot slot) { return slot(c).empty(); },
          [&](WordSlot slot) { return Words(field).at(slot.read(c)).empty(); },
          [&](IntegerSlot slot) { return slot(c) == 0 && field.default_value.empty(); },
          [&](TextListSlot slot) { return slot(c).empty(); },
          [&](IdListSlot slot) { return slot(c).empty(); },
          [](auto) { return false; },
      },
      field.slot);
}

}  // namespace baokms::adapters::config_yaml
