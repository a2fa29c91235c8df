// Strict reading of OpenBao's JSON. Internal: includes simdjson, so only the files that read
// replies include it.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace baokms::adapters::transit_http {

// One whole JSON object. What simdjson copied of it is wiped with it.
class StrictJson {
 public:
  // nullptr unless `text` is exactly one well-formed object: not cut, nothing but blanks behind it,
  // and no key twice in any object at any depth (libraries.md, "JSON, YAML, HTTP").
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

// How a field was found: `kAbsent` stands for JSON null too, as OpenBao writes empty fields so.
enum class FieldState : std::uint8_t { kAbsent, kPresent, kWrongType };

template <typename T>
struct Field {
  FieldState state = FieldState::kAbsent;
  T value{};
};

// T: std::string_view, std::int64_t (whole numbers alone), bool, simdjson::dom::object or ::array.
template <typename T>
Field<T> ReadField(simdjson::dom::object object, std::string_view key) {
  simdjson::dom::element element;
  if (object.at_key(key).get(element) != simdjson::SUCCESS) return {};
  if (element.is_null()) return {};
  Field<T> field{.state = FieldState::kPresent};
  if (element.get<T>().get(field.value) != simdjson::SUCCESS) field.state = FieldState::kWrongType;
  return field;
}

// The value of a field that must be there with its type.
template <typename T>
std::optional<T> RequiredField(simdjson::dom::object object, std::string_view key) {
  const Field<T> field = ReadField<T>(object, key);
  if (field.state != FieldState::kPresent) return std::nullopt;
  return field.value;
}

}  // namespace baokms::adapters::transit_http
