#include "adapters/jwt/compact_jwt.h"

#include <algorithm>
#include <string>

#include "adapters/jwt/tolerated_values.h"
#include "core/model/secret.h"
#include "core/text/base64.h"

namespace baokms::adapters::jwt {

std::optional<CompactParts> SplitCompact(std::string_view compact) {
  const std::size_t first = compact.find('.');
  if (first == std::string_view::npos) return std::nullopt;
  const std::size_t second = compact.find('.', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  const CompactParts parts{.header = compact.substr(0, first),
                           .claims = compact.substr(first + 1, second - first - 1),
                           .signature = compact.substr(second + 1)};
  for (const std::string_view part : {parts.header, parts.claims, parts.signature}) {
    const bool base64url = std::ranges::all_of(part, [](char c) {
      return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
             c == '-' || c == '_';
    });
    if (part.empty() || part.size() % 4 == 1 || !base64url) return std::nullopt;
  }
  return parts;
}

std::unique_ptr<strict_json::StrictJson> ParsePart(std::string_view base64url) {
  std::optional<std::string> decoded = core::Base64UrlDecode(base64url);
  if (!decoded) return nullptr;
  TolerateValues(*decoded);
  auto object = strict_json::StrictJson::Parse(*decoded);
  core::WipeMemory(decoded->data(), decoded->size());
  return object;
}

}  // namespace baokms::adapters::jwt
