#include "core/go_json.h"

namespace baokms::core {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";

void AppendUnicodeEscape(std::string& out, unsigned code) {
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += kHex[(code >> shift) & 0xf];
}

void AppendEscaped(std::string& out, std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      case '<':
      case '>':
      case '&':
        AppendUnicodeEscape(out, static_cast<unsigned char>(c));
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          AppendUnicodeEscape(out, static_cast<unsigned char>(c));
        } else if (text.substr(i, 3) == "\u2028" || text.substr(i, 3) == "\u2029") {
          AppendUnicodeEscape(out, text.substr(i, 3) == "\u2028" ? 0x2028 : 0x2029);
          i += 2;
        } else {
          out += c;
        }
    }
  }
}

}  // namespace

std::string GoJsonString(std::string_view text) {
  std::string out = "\"";
  AppendEscaped(out, text);
  out += '"';
  return out;
}

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
  out_ += GoJsonString(name);
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
  out_ += GoJsonString(value);
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
