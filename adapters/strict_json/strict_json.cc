#include "adapters/strict_json/strict_json.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "core/model/secret.h"

namespace baokms::adapters::strict_json {
namespace {

// Nesting is bounded by the parser's own limit (1024).
bool HasDuplicateKeys(simdjson::dom::element element) {
  if (simdjson::dom::array array; element.get(array) == simdjson::SUCCESS) {
    return std::any_of(array.begin(), array.end(), HasDuplicateKeys);
  }
  simdjson::dom::object object;
  if (element.get(object) != simdjson::SUCCESS) return false;
  std::vector<std::string_view> keys;  // unescaped, so "a" and "\u0061" are one key
  for (const simdjson::dom::key_value_pair field : object) {
    if (HasDuplicateKeys(field.value)) return true;
    keys.push_back(field.key);
  }
  std::ranges::sort(keys);
  return std::ranges::adjacent_find(keys) != keys.end();
}

}  // namespace

std::unique_ptr<StrictJson> StrictJson::Parse(std::string_view text) {
  const std::size_t length = text.size();
  if (length == 0) return nullptr;
  // Our own padded copy: simdjson would make one that nobody wipes.
  core::Secret padded = core::Secret::OfSize(length + simdjson::SIMDJSON_PADDING);
  std::memcpy(padded.MutableBytes().data(), text.data(), length);
  std::unique_ptr<StrictJson> json(new StrictJson());
  simdjson::dom::element root;
  if (json->parser_.parse(padded.MutableBytes().data(), length, /*realloc_if_needed=*/false)
          .get(root) != simdjson::SUCCESS) {
    return nullptr;
  }
  if (root.get(json->root_) != simdjson::SUCCESS || HasDuplicateKeys(root)) return nullptr;
  return json;
}

StrictJson::~StrictJson() {
  // simdjson unescapes every string into this buffer, secrets too. Its size: see
  // dom::document::allocate: five bytes for every three of the text.
  if (parser_.doc.string_buf != nullptr) {
    const std::size_t capacity = parser_.doc.capacity();
    core::WipeMemory(parser_.doc.string_buf.get(), 5 * capacity / 3);
  }
}

}  // namespace baokms::adapters::strict_json
