#include "core/text/printable.h"

#include <cstddef>

#include "core/text/utf8.h"

namespace baokms::core {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

bool IsKept(char32_t point, Kept kept) {
  return !IsControl(point) && (kept == Kept::kUtf8 || point < 0x80);
}

}  // namespace

std::string Printable(std::string_view bytes, Kept kept) {
  std::string shown;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t start = at;
    const auto point = TakeCodePoint(bytes, at);
    if (point && IsKept(*point, kept)) {
      shown += bytes.substr(start, at - start);
      continue;
    }
    if (!point) ++at;
    for (const char c : bytes.substr(start, at - start)) {
      const auto byte = static_cast<unsigned char>(c);
      shown += {'\\', 'x', kHex[byte >> 4U], kHex[byte & 0xFU]};
    }
  }
  return shown;
}

}  // namespace baokms::core
