#include "app/command_line/whole_number.h"

#include <charconv>

namespace baokms::app {

std::optional<std::int64_t> ParseWholeNumber(std::string_view text, std::int64_t least,
                                             std::int64_t most) {
  std::int64_t number = 0;
  const char* end = text.end();
  const auto [stopped, error] = std::from_chars(text.begin(), end, number);
  if (error != std::errc{} || stopped != end || number < least || number > most) {
    return std::nullopt;
  }
  return number;
}

}  // namespace baokms::app
