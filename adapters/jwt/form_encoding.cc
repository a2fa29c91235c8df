#include "adapters/jwt/form_encoding.h"

#include <algorithm>

namespace baokms::adapters::jwt {
namespace {

constexpr std::string_view kHexDigits = "0123456789ABCDEF";

bool StandsForItself(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

}  // namespace

std::size_t FormEncodedLength(std::string_view bytes) {
  const auto escaped =
      std::ranges::count_if(bytes, [](char c) { return c != ' ' && !StandsForItself(c); });
  return bytes.size() + 2 * static_cast<std::size_t>(escaped);
}

bool FormEncodingChanges(std::string_view bytes) {
  return !std::ranges::all_of(bytes, StandsForItself);
}

char* FormEncodeTo(std::string_view bytes, char* out) {
  for (const char c : bytes) {
    if (StandsForItself(c)) {
      *out++ = c;
    } else if (c == ' ') {
      *out++ = '+';
    } else {
      const auto byte = static_cast<unsigned char>(c);
      *out++ = '%';
      *out++ = kHexDigits[byte >> 4];
      *out++ = kHexDigits[byte & 15];
    }
  }
  return out;
}

}  // namespace baokms::adapters::jwt
