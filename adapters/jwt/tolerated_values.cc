#include "adapters/jwt/tolerated_values.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace baokms::adapters::jwt {
namespace {

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kInNumbers = "+-.0123456789Ee";
constexpr std::size_t kEscapeLength = 6;  // \uXXXX

// Takes the digits at the start of `text` away; false: there are none.
bool TakeDigits(std::string_view& text) {
  const std::size_t count = std::min(text.find_first_not_of(kDigits), text.size());
  text.remove_prefix(count);
  return count > 0;
}

bool TakeOne(std::string_view& text, std::string_view any_of) {
  if (text.empty() || !any_of.contains(text.front())) return false;
  text.remove_prefix(1);
  return true;
}

// RFC 8259, 6.
bool IsJsonNumber(std::string_view text) {
  TakeOne(text, "-");
  if (!TakeOne(text, "0") && !TakeDigits(text)) return false;
  if (TakeOne(text, ".") && !TakeDigits(text)) return false;
  if (TakeOne(text, "eE")) {
    TakeOne(text, "+-");
    if (!TakeDigits(text)) return false;
  }
  return text.empty();
}

template <typename T>
bool Holds(std::string_view number) {
  T value{};
  return std::from_chars(number.data(), number.data() + number.size(), value).ec == std::errc();
}

bool FitsSomewhere(std::string_view number) {
  if (number.find_first_of(".eE") != std::string_view::npos) return Holds<double>(number);
  return Holds<std::int64_t>(number) || Holds<std::uint64_t>(number);
}

// The shortest number that fits nowhere has as many characters as the word: 1e309.
void TolerateNumber(std::span<char> number) {
  const std::string_view text(number.data(), number.size());
  if (!IsJsonNumber(text) || FitsSomewhere(text)) return;
  std::ranges::fill(std::ranges::copy(std::string_view("false"), number.begin()).out, number.end(),
                    ' ');
}

// The code unit of the escape that `text` begins with; nullopt when it begins with none.
std::optional<std::uint16_t> UnicodeEscape(std::string_view text) {
  if (text.size() < kEscapeLength || !text.starts_with("\\u")) return std::nullopt;
  std::uint16_t unit = 0;
  const char* const end = text.data() + kEscapeLength;
  if (std::from_chars(text.data() + 2, end, unit, 16).ptr != end) return std::nullopt;
  return unit;
}

bool IsHigh(std::uint16_t unit) { return unit >= 0xd800 && unit <= 0xdbff; }
bool IsLow(std::uint16_t unit) { return unit >= 0xdc00 && unit <= 0xdfff; }

// How many characters the escape at the start of `rest` has, a whole pair with both halves.
std::size_t TolerateEscape(std::span<char> rest) {
  const std::string_view text(rest.data(), rest.size());
  const auto unit = UnicodeEscape(text);
  if (!unit) return 2;  // \n and alike, or no escape at all
  if (IsHigh(*unit)) {
    const auto next = UnicodeEscape(text.substr(kEscapeLength));
    if (next && IsLow(*next)) return 2 * kEscapeLength;
  }
  if (IsHigh(*unit) || IsLow(*unit)) {
    std::ranges::copy(std::string_view("fffd"), rest.begin() + 2);
  }
  return kEscapeLength;
}

// How many characters the string at the start of `rest` has, with its quotes.
std::size_t TolerateString(std::span<char> rest) {
  std::size_t at = 1;
  while (at < rest.size() && rest[at] != '"') {
    at += rest[at] == '\\' ? TolerateEscape(rest.subspan(at)) : 1;
  }
  return std::min(at + 1, rest.size());
}

}  // namespace

void TolerateValues(std::span<char> json) {
  while (!json.empty()) {
    std::size_t length = 1;
    if (json.front() == '"') {
      length = TolerateString(json);
    } else if (kInNumbers.contains(json.front())) {
      const std::string_view text(json.data(), json.size());
      length = std::min(text.find_first_not_of(kInNumbers), text.size());
      TolerateNumber(json.first(length));
    }
    json = json.subspan(length);
  }
}

}  // namespace baokms::adapters::jwt
