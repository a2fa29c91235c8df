#include "app/init/hidden_character.h"

#include "core/text/utf8.h"

namespace baokms::app {

bool IsHidden(char32_t point) {
  return point < 0x20 || (point >= 0x7F && point <= 0xA0) || point == 0xAD || point == 0x34F ||
         point == 0x61C || point == 0x1680 || (point >= 0x17B4 && point <= 0x17B5) ||
         point == 0x180E || (point >= 0x2000 && point <= 0x200F) ||
         (point >= 0x2028 && point <= 0x202F) || (point >= 0x205F && point <= 0x206F) ||
         point == 0x3000 || (point >= 0xFE00 && point <= 0xFE0F) || point == 0xFEFF ||
         (point >= 0xFFF0 && point <= 0xFFFF) || (point >= 0xE0000 && point <= 0xE0FFF);
}

bool HoldsHidden(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto point = core::TakeCodePoint(text, at);
    if (!point || IsHidden(*point)) return true;
  }
  return false;
}

}  // namespace baokms::app
