#include "core/wire/go_json.h"

#include "core/text/json_string.h"

namespace baokms::core {

void GoJsonWriter::NewLine() {
  if (layout_ == Layout::kCompact) return;
  out_ += '\n';
  out_.append(static_cast<std::size_t>(depth_) * 2, ' ');
}

void GoJsonWriter::Separate() {
  if (!first_) out_ += ',';
  if (depth_ > 0) NewLine();
  first_ = false;
}

void GoJsonWriter::Name(std::string_view name) {
  Separate();
  out_ += JsonString(name);
  out_ += layout_ == Layout::kCompact ? ":" : ": ";
}

GoJsonWriter& GoJsonWriter::BeginObject() {
  Separate();
  out_ += '{';
  ++depth_;
  first_ = true;
  return *this;
}

GoJsonWriter& GoJsonWriter::BeginArray(std::string_view name) {
  Name(name);
  out_ += '[';
  ++depth_;
  first_ = true;
  return *this;
}

GoJsonWriter& GoJsonWriter::Close(char bracket) {
  --depth_;
  if (!first_) NewLine();
  out_ += bracket;
  first_ = false;
  return *this;
}

GoJsonWriter& GoJsonWriter::String(std::string_view name, std::string_view value) {
  Name(name);
  out_ += JsonString(value);
  return *this;
}

GoJsonWriter& GoJsonWriter::StringIfAny(std::string_view name, std::string_view value) {
  return value.empty() ? *this : String(name, value);
}

GoJsonWriter& GoJsonWriter::Integer(std::string_view name, std::int64_t value) {
  Name(name);
  out_ += std::to_string(value);
  return *this;
}

GoJsonWriter& GoJsonWriter::IntegerIfAny(std::string_view name, std::int64_t value) {
  return value == 0 ? *this : Integer(name, value);
}

}  // namespace baokms::core
