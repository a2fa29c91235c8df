#include "adapters/jwt/json_object.h"

#include <algorithm>
#include <cstring>
#include <vector>

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

std::unique_ptr<JsonObject> JsonObject::Parse(std::string_view text) {
  if (text.empty()) return nullptr;
  core::Secret padded = core::Secret::OfSize(text.size() + simdjson::SIMDJSON_PADDING);
  std::memcpy(padded.MutableBytes().data(), text.data(), text.size());
  std::unique_ptr<JsonObject> object(new JsonObject());
  simdjson::dom::element root;
  if (object->parser_.parse(padded.MutableBytes().data(), text.size(), /*realloc_if_needed=*/false)
          .get(root) != simdjson::SUCCESS) {
    return nullptr;
  }
  if (root.get(object->root_) != simdjson::SUCCESS || HasDuplicateKeys(root)) return nullptr;
  return object;
}

JsonObject::~JsonObject() {
  // simdjson's copy of every string: five bytes for three of the text (dom::document::allocate).
  if (parser_.doc.string_buf != nullptr) {
    core::WipeMemory(parser_.doc.string_buf.get(), 5 * parser_.doc.capacity() / 3);
  }
}

}  // namespace baokms::adapters::jwt
