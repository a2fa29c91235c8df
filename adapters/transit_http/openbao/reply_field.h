// One field of an object in a reply of OpenBao. Internal: includes simdjson.
#pragma once

#include <simdjson.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace baokms::adapters::transit_http {

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

// OpenBao's number of the request; empty when it gave none. Bounded and printable, as it ends up
// in a log line.
inline std::string ReadRequestId(simdjson::dom::object root) {
  constexpr std::size_t kMaxBytes = 128;
  const auto id = RequiredField<std::string_view>(root, "request_id");
  if (!id || id->size() > kMaxBytes) return {};
  const bool plain = std::ranges::all_of(*id, [](char c) { return c > ' ' && c < 0x7f; });
  return plain ? std::string(*id) : std::string();
}

}  // namespace baokms::adapters::transit_http
