// One JSON object, read strictly. Internal to adapters: includes simdjson, so only the files that
// read JSON include it.
#pragma once

#include <simdjson.h>

#include <memory>
#include <string_view>

namespace baokms::adapters::strict_json {

// One whole JSON object. What simdjson copied of it is wiped with it. Any thread.
class StrictJson {
 public:
  // nullptr unless `text` is exactly one well-formed object: not cut, nothing but whitespace around
  // it, and no key twice in any object at any depth (libraries.md, "JSON, YAML, HTTP").
  static std::unique_ptr<StrictJson> Parse(std::string_view text);
  ~StrictJson();
  StrictJson(const StrictJson&) = delete;
  StrictJson& operator=(const StrictJson&) = delete;

  // Views into it live as long as this.
  simdjson::dom::object root() const { return root_; }

 private:
  StrictJson() = default;
  simdjson::dom::parser parser_;
  simdjson::dom::object root_;
};

}  // namespace baokms::adapters::strict_json
