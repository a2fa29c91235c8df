#include "adapters/config_yaml/encryption/file_text.h"

#include <algorithm>
#include <initializer_list>

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

// libyaml looks for a directive where a document may have ended.
bool HasLatePercent(std::string_view text) {
  while (text.starts_with('%') || text.starts_with('#')) {
    text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  }
  return text.contains("\n%");
}

bool HasAny(std::string_view text, std::initializer_list<std::string_view> pieces) {
  return std::ranges::any_of(pieces, [&](std::string_view piece) { return text.contains(piece); });
}

// To libyaml the colon of `[a:]` and the question mark of `[?a]` belong to the text; that of `[:a]`
// is an error.
void DoubtColonsInBrackets(std::string_view text, Doubts& doubts) {
  const char* why = "the file contains a colon or question mark right beside a bracket or comma";
  if (HasAny(text, {":]", ":}", ":,", "[?", "{?", ",?", ", ?"})) doubts.if_refused = why;
  if (HasAny(text, {"[:", "{:", ",:", ", :"})) doubts.if_accepted = why;
}

// A tag other than `!name`, `!!name` and `!<name>`: where its name ends differs between the two.
bool HasOddTag(std::string_view text) {
  constexpr std::string_view kBefore = " \t\n\r[{,-";
  constexpr std::string_view kName =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:/,-";
  for (std::size_t at = text.find('!'); at != std::string_view::npos; at = text.find('!', at + 1)) {
    if (at > 0 && !kBefore.contains(text[at - 1])) continue;
    std::string_view tag = text.substr(at + 1);
    if (tag.starts_with('!') || tag.starts_with('<')) tag.remove_prefix(1);
    tag.remove_prefix(std::min(tag.find_first_not_of(kName), tag.size()));
    if (tag.starts_with('>')) tag.remove_prefix(1);
    if (!tag.empty() && !std::string_view(" \t\n\r").contains(tag.front())) return true;
  }
  return false;
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
  if (HasLatePercent(text)) doubts.if_accepted = "a line of the file begins with a percent sign";
  DoubtColonsInBrackets(text, doubts);
  if (HasOddTag(text)) {
    doubts.if_accepted = "the file contains an unusual tag";
    doubts.if_refused = doubts.if_accepted;
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
