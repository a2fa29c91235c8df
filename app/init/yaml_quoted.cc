#include "app/init/yaml_quoted.h"

#include <cstdint>
#include <cstdio>

#include "app/init/hidden_character.h"
#include "core/text/utf8.h"

namespace baokms::app {
namespace {

std::string Escaped(char32_t point) {
  char text[16];
  std::snprintf(text, sizeof text, point > 0xFFFF ? "\\U%08X" : "\\u%04X",
                static_cast<std::uint32_t>(point));
  return text;
}

}  // namespace
std::string YamlQuoted(std::string_view text) {
  std::string quoted = "\"";
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    const auto point = core::TakeCodePoint(text, at);
    if (!point) {  // no UTF-8: a YAML reader sees U+FFFD where it would else refuse the document
      quoted += "\\uFFFD";
      ++at;
    } else if (*point == '"' || *point == '\\') {
      quoted += '\\';
      quoted += static_cast<char>(*point);
    } else if (IsHidden(*point)) {
      quoted += Escaped(*point);
    } else {
      quoted += text.substr(begin, at - begin);
    }
  }
  return quoted + "\"";
}

}  // namespace baokms::app
