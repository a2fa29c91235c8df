#include "adapters/config_yaml/encryption/file_text.h"

#include "core/text/utf8.h"

namespace baokms::adapters::config_yaml {
namespace {

bool IsUtf16(std::string_view text) {
  return text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF");
}

// libyaml's printable characters.
bool IsPrintable(char32_t point) {
  const bool blank = point == '\t' || point == '\n' || point == '\r' || point == 0x85;
  return blank || (!core::IsControl(point) && point != 0xFFFE && point != 0xFFFF);
}

std::string_view WithoutByteOrderMark(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  return text;
}

bool HasRareBreak(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto point = core::TakeCodePoint(text, at);
    if (!point) break;
    if (*point == 0x85 || *point == 0x2028 || *point == 0x2029 || *point == 0xFEFF) return true;
  }
  return false;
}

// libyaml refuses a tab where a block's line or item begins, yaml-cpp does not always.
bool HasTabForIndentation(std::string_view text) {
  bool begins = true;
  for (const char c : text) {
    if (begins && c == '\t') return true;
    begins = c == '\n' || c == '\r' || (begins && (c == ' ' || c == '-'));
  }
  return false;
}

// To libyaml the colon of `[a:]` belongs to the text.
bool HasColonBeforeBracket(std::string_view text) {
  return text.contains(":]") || text.contains(":}") || text.contains(":,");
}

}  // namespace

std::string PlainLines(std::string_view text) {
  text = WithoutByteOrderMark(text);
  std::string lines;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\r') {
      lines += text[i];
    } else if (i + 1 == text.size() || text[i + 1] != '\n') {
      lines += '\n';
    }
  }
  return lines;
}

std::optional<ConfigProblem> BadYamlText(std::string_view text) {
  if (IsUtf16(text)) return std::nullopt;
  int line = 1;
  for (std::size_t at = 0; at < text.size();) {
    const auto point = core::TakeCodePoint(text, at);
    if (!point) return ConfigProblem{"document", line, "the file is not valid UTF-8"};
    if (*point == '\n') ++line;
    if (!IsPrintable(*point)) {
      return ConfigProblem{"document", line, "control characters are not allowed"};
    }
  }
  return std::nullopt;
}

Doubts DoubtsAboutYaml(std::string_view text) {
  Doubts doubts;
  if (IsUtf16(text)) {
    doubts.always = "the file is UTF-16";
  } else if (HasRareBreak(WithoutByteOrderMark(text))) {
    doubts.always = "the file contains a Unicode line break or byte order mark";
  }
  if (HasTabForIndentation(text)) doubts.if_accepted = "a line of the file begins with a tab";
  if (HasColonBeforeBracket(text)) {
    doubts.if_refused = "the file contains a colon right before a bracket or comma";
  }
  return doubts;
}

Doubts DoubtsAboutJson(std::string_view text) {
  Doubts doubts;
  // Half a surrogate pair is U+FFFD to Go, and an error here.
  if (text.contains("\\ud") || text.contains("\\uD")) {
    doubts.if_refused = "the file contains a \\u escape of a surrogate";
  }
  return doubts;
}

}  // namespace baokms::adapters::config_yaml
