// One JSON object, parsed strictly. Internal: includes simdjson.
#pragma once

#include <simdjson.h>

#include <memory>
#include <string_view>

namespace baokms::adapters::jwt {

// What was parsed is wiped with it.
class JsonObject {
 public:
  // nullptr unless `text` is exactly one object, nothing but blanks around it, without duplicate
  // keys at any depth.
  static std::unique_ptr<JsonObject> Parse(std::string_view text);
  ~JsonObject();
  JsonObject(const JsonObject&) = delete;
  JsonObject& operator=(const JsonObject&) = delete;
  // Views into it live as long as this.
  simdjson::dom::object root() const { return root_; }

 private:
  JsonObject() = default;
  simdjson::dom::parser parser_;
  simdjson::dom::object root_;
};

}  // namespace baokms::adapters::jwt
