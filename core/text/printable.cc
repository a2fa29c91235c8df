#include "core/text/printable.h"

#include <cstddef>

#include "core/text/hex.h"
#include "core/text/utf8.h"

namespace baokms::core {
namespace {

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
      AppendHex(shown += "\\x", static_cast<unsigned char>(c));
    }
  }
  return shown;
}

}  // namespace baokms::core
