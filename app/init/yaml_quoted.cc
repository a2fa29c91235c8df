#include "app/init/yaml_quoted.h"

#include <spdlog/fmt/fmt.h>

#include "adapters/config_yaml/text_rules.h"

namespace baokms::app {
namespace {

// Not seen, or seen elsewhere than where it stands: controls, other blanks than the space, marks of
// width zero, of text direction, of byte order.
bool Hidden(char32_t point) {
  return point < 0x20 || (point >= 0x7F && point <= 0xA0) || point == 0xAD || point == 0x61C ||
         point == 0x1680 || point == 0x180E || (point >= 0x2000 && point <= 0x200F) ||
         (point >= 0x2028 && point <= 0x202F) || (point >= 0x205F && point <= 0x206F) ||
         point == 0x3000 || point == 0xFEFF || (point >= 0xFFF9 && point <= 0xFFFF) ||
         (point >= 0xE0000 && point <= 0xE0FFF);
}

}  // namespace

std::string YamlQuoted(std::string_view text) {
  std::string quoted = "\"";
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    const auto point = adapters::config_yaml::TakeCodePoint(text, at);
    if (!point) {  // no UTF-8: a YAML reader sees U+FFFD where it would else refuse the document
      quoted += "\\uFFFD";
      ++at;
    } else if (*point == '"' || *point == '\\') {
      quoted += '\\';
      quoted += static_cast<char>(*point);
    } else if (Hidden(*point)) {
      quoted += *point > 0xFFFF ? fmt::format("\\U{:08X}", static_cast<std::uint32_t>(*point))
                                : fmt::format("\\u{:04X}", static_cast<std::uint32_t>(*point));
    } else {
      quoted += text.substr(begin, at - begin);
    }
  }
  return quoted + "\"";
}

}  // namespace baokms::app
