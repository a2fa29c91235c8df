#include "adapters/config_yaml/encryption/scalar_reading.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <regex>
#include <string_view>

#include "adapters/config_yaml/encryption/go_base64.h"
#include "adapters/config_yaml/plain_scalar.h"
#include "core/text/ascii.h"
#include "core/text/utf8.h"

namespace baokms::adapters::config_yaml {
namespace {

using Kind = GoValue::Kind;

// What the text alone says.
struct Implied {
  enum class Sort : std::uint8_t { kText, kNull, kBoolean, kInteger, kFloat, kTimestamp };
  Sort sort = Sort::kText;
  double number = 0;  // of kFloat, and of a kInteger that is not `whole`
  std::optional<std::int64_t> whole = std::nullopt;
};

using Sort = Implied::Sort;

template <std::size_t kCount>
bool IsOneOf(std::string_view text, const std::array<std::string_view, kCount>& words) {
  return std::ranges::find(words, text) != words.end();
}

std::string WithoutUnderscores(std::string text) {
  std::erase(text, '_');
  return text;
}

// Digits of a base that fill at most 64 bits.
std::optional<std::uint64_t> Digits(std::string_view digits, int base) {
  std::uint64_t number = 0;
  const char* end = digits.data() + digits.size();
  const auto [stopped, error] = std::from_chars(digits.data(), end, number, base);
  if (digits.empty() || error != std::errc{} || stopped != end) return std::nullopt;
  return number;
}

// Go's integers, where the text says the base: 12, 0x0c, 0b1100, 0o14 and 014.
std::optional<Implied> ReadInteger(std::string_view text) {
  const bool negative = text.starts_with('-');
  const bool sign = negative || text.starts_with('+');
  std::string_view digits = text.substr(sign ? 1 : 0);
  int base = 10;
  if (digits.size() > 1 && digits.front() == '0') {
    switch (digits[1]) {
      case 'x':
      case 'X':
        base = 16;
        break;
      case 'b':
      case 'B':
        base = 2;
        break;
      case 'o':
      case 'O':
        base = 8;
        break;
      default:
        base = 0;
    }
    digits = digits.substr(base == 0 ? 1 : 2);
    if (base == 0) base = 8;
  }
  const auto number = Digits(digits, base);
  constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
  if (!number || *number > kMost + (negative ? 1 : 0)) {
    if (!number || sign) return std::nullopt;
    return Implied{.sort = Sort::kInteger, .number = static_cast<double>(*number)};
  }
  const auto whole = static_cast<std::int64_t>(negative ? ~*number + 1 : *number);
  return Implied{.sort = Sort::kInteger, .whole = whole};
}

std::optional<Implied> ReadFloat(std::string_view text) {
  static const std::regex kFloat(R"([-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?)");
  if (!std::regex_match(text.begin(), text.end(), kFloat)) return std::nullopt;
  if (text.starts_with('+')) text.remove_prefix(1);
  double number = 0;
  const char* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, number);
  if (error == std::errc::result_out_of_range) {
    // Too small a number is zero to Go; too large a one is text.
    const bool tiny =
        text.find_first_of("eE") == std::string_view::npos
            ? text.substr(0, text.find('.')).find_first_of("123456789") == std::string_view::npos
            : text.contains("e-") || text.contains("E-");
    if (!tiny) return std::nullopt;
    number = std::numeric_limits<double>::denorm_min();
  } else if (error != std::errc{} || stopped != end) {
    return std::nullopt;
  }
  return Implied{.sort = Sort::kFloat, .number = number};
}

Implied ReadPlain(const std::string& text) {
  constexpr std::array<std::string_view, 5> kNulls{"", "~", "null", "Null", "NULL"};
  constexpr std::array<std::string_view, 22> kBooleans{
      "y", "Y", "yes", "Yes", "YES", "true",  "True",  "TRUE",  "on",  "On",  "ON",
      "n", "N", "no",  "No",  "NO",  "false", "False", "FALSE", "off", "Off", "OFF"};
  constexpr std::array<std::string_view, 12> kNoFinites{".nan",  ".NaN",  ".NAN",  ".inf",
                                                        ".Inf",  ".INF",  "+.inf", "+.Inf",
                                                        "+.INF", "-.inf", "-.Inf", "-.INF"};
  if (IsOneOf(text, kNulls)) return {.sort = Sort::kNull};
  if (IsOneOf(text, kBooleans)) return {.sort = Sort::kBoolean};
  if (IsOneOf(text, kNoFinites)) {
    return {.sort = Sort::kFloat, .number = std::numeric_limits<double>::quiet_NaN()};
  }
  if (text.front() == '.') {
    static const std::regex kUnderscores("[0-9]_[0-9]");
    if (text.contains('_') && !std::regex_search(text, kUnderscores)) return {};
    return ReadFloat(WithoutUnderscores(text)).value_or(Implied{});
  }
  if (!core::IsDigit(text.front()) && text.front() != '+' && text.front() != '-') return {};
  if (ReadPlainScalar(text) == ScalarReading::kTimestamp) return {.sort = Sort::kTimestamp};
  const std::string number = WithoutUnderscores(text);
  if (auto integer = ReadInteger(number)) return *integer;
  return ReadFloat(number).value_or(Implied{});
}

GoValue Number(const Implied& implied) {
  GoValue value;
  value.kind = Kind::kNumber;
  // What JSON writes of a double without a fraction is an integer again.
  constexpr double kInt64End = 9223372036854775808.0;
  if (implied.whole) {
    value.kind = Kind::kWhole;
    value.whole = *implied.whole;
  } else if (std::trunc(implied.number) == implied.number &&
             std::fabs(implied.number) < kInt64End) {
    value.kind = Kind::kWhole;
    value.whole = static_cast<std::int64_t>(implied.number);
  }
  return value;
}

GoValue Text(std::string text) {
  GoValue value;
  value.kind = Kind::kText;
  value.text = std::move(text);
  return value;
}

GoValue Value(const Implied& implied, const std::string& text) {
  switch (implied.sort) {
    case Sort::kNull:
      return {};
    case Sort::kBoolean: {
      GoValue value;
      value.kind = Kind::kBoolean;
      return value;
    }
    case Sort::kInteger:
    case Sort::kFloat:
      return Number(implied);
    case Sort::kText:
    case Sort::kTimestamp:
      return Text(text);
  }
  return Text(text);
}

std::optional<Sort> SortOfTag(std::string_view tag) {
  constexpr std::string_view kYaml = "tag:yaml.org,2002:";
  if (!tag.starts_with(kYaml)) return std::nullopt;
  tag.remove_prefix(kYaml.size());
  if (tag == "bool") return Sort::kBoolean;
  if (tag == "int") return Sort::kInteger;
  if (tag == "float") return Sort::kFloat;
  if (tag == "null") return Sort::kNull;
  if (tag == "timestamp") return Sort::kTimestamp;
  return std::nullopt;
}

}  // namespace

std::string WithValidUtf8(const std::string& text) {
  std::string valid;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t start = at;
    if (core::TakeCodePoint(text, at)) {
      valid.append(text, start, at - start);
    } else {
      valid += "\xEF\xBF\xBD";
      ++at;
    }
  }
  return valid;
}

std::optional<GoValue> ReadScalar(const std::string& tag, const std::string& text, bool plain) {
  if (tag.empty()) return plain ? Value(ReadPlain(text), text) : Text(text);
  if (tag == "tag:yaml.org,2002:binary") {
    const auto bytes = GoBase64Decode(text);
    if (!bytes) return std::nullopt;
    return Text(WithValidUtf8(*bytes));
  }
  const auto wanted = SortOfTag(tag);
  if (!wanted) return Text(text);  // `!!str`, and any tag that is nobody's
  const Implied implied = ReadPlain(text);
  if (implied.sort == *wanted) return Value(implied, text);
  if (*wanted == Sort::kFloat && implied.sort == Sort::kInteger && implied.whole) {
    return Value(implied, text);
  }
  return std::nullopt;
}

}  // namespace baokms::adapters::config_yaml
