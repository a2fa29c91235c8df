#include "adapters/transit_http/openbao/openbao_path.h"

namespace baokms::adapters::transit_http {
namespace {

bool IsUnreserved(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

void AppendEncoded(std::string& out, std::string_view text, bool keep_slashes) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  for (const char c : text) {
    if (IsUnreserved(c) || (keep_slashes && c == '/')) {
      out += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 0x0f];
    }
  }
}

}  // namespace

std::string OpenBaoPath(std::string_view mount, std::string_view operation, std::string_view name) {
  while (mount.ends_with('/')) mount.remove_suffix(1);
  std::string path = "/v1/";
  AppendEncoded(path, mount, /*keep_slashes=*/true);
  path += '/';
  path += operation;
  if (!name.empty()) {
    path += '/';
    AppendEncoded(path, name, /*keep_slashes=*/false);
  }
  return path;
}

}  // namespace baokms::adapters::transit_http
