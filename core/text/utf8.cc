#include "core/text/utf8.h"

#include <cstddef>
#include <cstdint>

namespace baokms::core {

bool IsValidUtf8(std::string_view bytes) {
  std::size_t i = 0;
  while (i < bytes.size()) {
    const auto byte = static_cast<std::uint8_t>(bytes[i]);
    std::size_t more = 0;
    std::uint32_t code = 0;
    std::uint32_t least = 0;  // of this length: anything below is an overlong form
    if (byte < 0x80) {
      ++i;
      continue;
    }
    if ((byte & 0xe0) == 0xc0) {
      more = 1, code = byte & 0x1fU, least = 0x80;
    } else if ((byte & 0xf0) == 0xe0) {
      more = 2, code = byte & 0x0fU, least = 0x800;
    } else if ((byte & 0xf8) == 0xf0) {
      more = 3, code = byte & 0x07U, least = 0x10000;
    } else {
      return false;
    }
    if (bytes.size() - i <= more) return false;
    for (std::size_t k = 1; k <= more; ++k) {
      const auto next = static_cast<std::uint8_t>(bytes[i + k]);
      if ((next & 0xc0) != 0x80) return false;
      code = (code << 6) | (next & 0x3fU);
    }
    if (code < least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return false;
    i += more + 1;
  }
  return true;
}

}  // namespace baokms::core
