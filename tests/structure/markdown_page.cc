#include "tests/structure/markdown_page.h"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <map>
#include <optional>
#include <regex>

namespace baokms::structure {
namespace {

bool IsBlank(char c) { return std::isspace(static_cast<unsigned char>(c)) != 0; }

// The text of "## Heading".
std::optional<std::string_view> HeadingOf(std::string_view line) {
  const std::size_t hashes = line.find_first_not_of('#');
  if (hashes == 0 || hashes > 6 || hashes == std::string_view::npos || line[hashes] != ' ') {
    return std::nullopt;
  }
  return line.substr(hashes + 1);
}

// "| a | b |" without its first bar, up to the second.
std::optional<std::string_view> FirstCellOf(std::string_view line) {
  if (!line.starts_with('|')) return std::nullopt;
  line.remove_prefix(1);
  const std::size_t end = line.find('|');
  if (end == std::string_view::npos) return std::nullopt;
  return line.substr(0, end);
}

std::string AnchorOf(std::string_view heading) {
  std::string anchor;
  for (const char c : heading) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '-' || c == '_' || byte >= 0x80) {
      anchor += static_cast<char>(std::tolower(byte));
    } else if (c == ' ') {
      anchor += '-';
    }
  }
  return anchor;
}

// A heading's links count by their texts.
std::string WithoutTargets(std::string_view heading) {
  static const std::regex kLink(R"(\[([^\]]*)\]\([^)]*\))");
  return std::regex_replace(std::string(heading), kLink, "$1");
}

class Reader {
 public:
  MarkdownPage Take(std::string_view text) {
    for (int line = 1; !text.empty(); ++line) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      Line(text.substr(0, end), line);
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    BoldTerms();
    page_.words = PlainWords(prose_);
    return std::move(page_);
  }

 private:
  void Line(std::string_view line, int number) {
    const std::size_t first = line.find_first_not_of(' ');
    if (first != std::string_view::npos && line.substr(first).starts_with("```")) {
      fenced_ = !fenced_;
      return;
    }
    if (fenced_) return;
    if (const auto heading = HeadingOf(line)) Heading(*heading);
    if (const auto cell = FirstCellOf(line)) AddSection(*cell);
    Links(line, number);
    prose_ += line;
    prose_ += '\n';
  }

  void Heading(std::string_view heading) {
    const std::string plain = PlainWords(WithoutTargets(heading));
    AddSection(plain);
    AddSection(plain.substr(0, std::min(plain.find(": "), plain.find(" ("))));
    const std::string anchor = AnchorOf(plain);
    const int before = anchors_seen_[anchor]++;
    page_.anchors.insert(before == 0 ? anchor : anchor + "-" + std::to_string(before));
  }

  void AddSection(std::string_view name) {
    std::string plain = PlainWords(name);
    if (!plain.empty()) page_.sections.insert(std::move(plain));
  }

  void BoldTerms() {
    static const std::regex kBold(R"(\*\*([^*]+)\*\*)");
    for (std::sregex_iterator term(prose_.begin(), prose_.end(), kBold), end; term != end; ++term) {
      AddSection((*term)[1].str());
    }
  }

  void Links(std::string_view line, int number) {
    static const std::regex kCode("`[^`]*`");
    static const std::regex kTarget(R"(\]\(([^)\s]+)(?:\s+"[^"]*")?\)|^\[[^\]]+\]:\s*(\S+))");
    const std::string prose = std::regex_replace(std::string(line), kCode, "`");
    for (std::sregex_iterator link(prose.begin(), prose.end(), kTarget), end; link != end; ++link) {
      const std::string target = (*link)[1].matched ? (*link)[1].str() : (*link)[2].str();
      page_.links.push_back({.target = target, .line = number});
    }
  }

  MarkdownPage page_;
  std::string prose_;
  std::map<std::string, int> anchors_seen_;
  bool fenced_ = false;
};

}  // namespace

MarkdownPage ReadMarkdown(std::string_view text) { return Reader().Take(text); }

std::string PlainWords(std::string_view text) {
  std::string plain;
  for (const char c : text) {
    if (c == '`' || c == '*') continue;
    if (!IsBlank(c)) {
      plain += c;
    } else if (!plain.empty() && plain.back() != ' ') {
      plain += ' ';
    }
  }
  if (plain.ends_with(' ')) plain.pop_back();
  return plain;
}

}  // namespace baokms::structure
