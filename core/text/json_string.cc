#include "core/text/json_string.h"

#include "core/text/hex.h"

namespace baokms::core {
namespace {

void AppendUnicodeEscape(std::string& out, unsigned code) {
  out += "\\u";
  AppendHex(out, static_cast<unsigned char>(code >> 8U));
  AppendHex(out, static_cast<unsigned char>(code & 0xFFU));
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

std::string JsonString(std::string_view text) {
  std::string out = "\"";
  AppendEscaped(out, text);
  out += '"';
  return out;
}

}  // namespace baokms::core
