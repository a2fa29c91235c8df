#include "adapters/jwt/compact_jwt.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "core/model/base64.h"
#include "core/model/secret.h"

namespace baokms::adapters::jwt {
namespace {

bool HasDuplicateKeys(simdjson::dom::element element) {
  if (simdjson::dom::array array; element.get(array) == simdjson::SUCCESS) {
    return std::any_of(array.begin(), array.end(), HasDuplicateKeys);
  }
  simdjson::dom::object object;
  if (element.get(object) != simdjson::SUCCESS) return false;
  std::vector<std::string_view> keys;
  for (const simdjson::dom::key_value_pair field : object) {
    if (HasDuplicateKeys(field.value)) return true;
    keys.push_back(field.key);
  }
  std::ranges::sort(keys);
  return std::ranges::adjacent_find(keys) != keys.end();
}

}  // namespace

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

std::unique_ptr<JwtPart> JwtPart::Parse(std::string_view base64url) {
  std::optional<std::string> decoded = core::Base64UrlDecode(base64url);
  if (!decoded || decoded->empty()) return nullptr;
  const std::size_t length = decoded->size();
  core::Secret padded = core::Secret::OfSize(length + simdjson::SIMDJSON_PADDING);
  std::memcpy(padded.MutableBytes().data(), decoded->data(), length);
  core::WipeMemory(decoded->data(), length);
  std::unique_ptr<JwtPart> part(new JwtPart());
  simdjson::dom::element root;
  if (part->parser_.parse(padded.MutableBytes().data(), length, /*realloc_if_needed=*/false)
          .get(root) != simdjson::SUCCESS) {
    return nullptr;
  }
  if (root.get(part->root_) != simdjson::SUCCESS || HasDuplicateKeys(root)) return nullptr;
  return part;
}

JwtPart::~JwtPart() {
  // simdjson's copy of every string: five bytes for three of the text (dom::document::allocate).
  if (parser_.doc.string_buf != nullptr) {
    core::WipeMemory(parser_.doc.string_buf.get(), 5 * parser_.doc.capacity() / 3);
  }
}

}  // namespace baokms::adapters::jwt
