// Writes JSON with the bytes of Go's encoding/json (wire-contract.md, "AAD"), compact or with
// two-space indent. Only what our documents hold: objects, arrays of objects, strings, integers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace baokms::core {

class GoJsonWriter {
 public:
  enum class Layout { kCompact, kIndented };
  explicit GoJsonWriter(Layout layout) : layout_(layout) {}

  // Inside an object each value has a name; inside an array none.
  GoJsonWriter& BeginObject();
  GoJsonWriter& EndObject() { return Close('}'); }
  GoJsonWriter& BeginArray(std::string_view name);
  GoJsonWriter& EndArray() { return Close(']'); }
  GoJsonWriter& String(std::string_view name, std::string_view value);
  GoJsonWriter& StringIfAny(std::string_view name, std::string_view value);  // omitted when empty
  GoJsonWriter& Integer(std::string_view name, std::int64_t value);
  GoJsonWriter& IntegerIfAny(std::string_view name, std::int64_t value);  // omitted when 0

  std::string Take() { return std::move(out_); }

 private:
  void Separate();
  void Name(std::string_view name);
  void NewLine();
  GoJsonWriter& Close(char bracket);

  Layout layout_;
  int depth_ = 0;
  bool first_ = true;
  std::string out_;
};

}  // namespace baokms::core
