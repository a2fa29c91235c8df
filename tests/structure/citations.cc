#include "tests/structure/citations.h"

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <filesystem>
#include <optional>

#include "tests/structure/source_text.h"

namespace baokms::structure {
namespace {

bool IsAlnum(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

// A text whose comments run on over their lines, and which line each byte comes from.
struct FlatText {
  std::string text;
  std::vector<int> lines;

  void Append(std::string_view more, int line) {
    text += more;
    lines.insert(lines.end(), more.size(), line);
  }
};

bool HasSuffix(std::string_view path, std::initializer_list<std::string_view> suffixes) {
  return std::ranges::any_of(suffixes, [&](std::string_view s) { return path.ends_with(s); });
}

// What stands behind the comment's marker at the beginning of a line; none: the line begins
// otherwise.
std::optional<std::string_view> CommentOf(std::string_view line, std::string_view marker) {
  const std::size_t first = line.find_first_not_of(" \t");
  if (first == std::string_view::npos || !line.substr(first).starts_with(marker)) {
    return std::nullopt;
  }
  line.remove_prefix(first + marker.size());
  line.remove_prefix(std::min(line.find_first_not_of(" \t"), line.size()));
  return line;
}

FlatText Flatten(std::string_view path, std::string_view text) {
  const bool slashes = HasSuffix(path, {".h", ".cc", ".c", ".go", ".proto"});
  const std::string_view marker = slashes ? "//" : "#";
  FlatText flat;
  for (int line = 1; !text.empty(); ++line) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view whole = text.substr(0, end);
    if (const auto comment = CommentOf(whole, marker)) {
      const bool joins_a_name = flat.text.size() >= 2 && flat.text.ends_with('-') &&
                                IsAlnum(flat.text[flat.text.size() - 2]);
      if (!joins_a_name) flat.Append(" ", line);
      flat.Append(*comment, line);
    } else {
      flat.Append("\n", line);
      flat.Append(whole, line);
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return flat;
}

struct Citation {
  std::string page;                   // as written, with its folders
  bool anywhere = false;              // the last part of a path that is not known here
  std::vector<std::string> sections;  // behind a comma or in parentheses
  std::vector<std::string> words;     // behind a colon
  int line = 0;
};

class CitationReader {
 public:
  explicit CitationReader(const FlatText& flat) : flat_(flat), text_(flat.text) {}

  std::vector<Citation> Take() {
    constexpr std::string_view kSuffix = ".md";
    std::vector<Citation> citations;
    for (std::size_t at = text_.find(kSuffix); at != std::string_view::npos;
         at = text_.find(kSuffix, at + 1)) {
      const std::size_t after = at + kSuffix.size();
      if (after < text_.size() && (IsAlnum(text_[after]) || text_[after] == '_')) continue;
      std::size_t begin = at;
      while (begin > 0 && IsPathCharacter(text_[begin - 1])) --begin;
      if (begin == at || !IsAlnum(text_[at - 1])) continue;
      Citation citation;
      citation.line = flat_.lines[begin];
      citation.page = std::string(text_.substr(begin, after - begin));
      const bool of_a_variable = begin > 0 && (text_[begin - 1] == '$' || text_[begin - 1] == '}');
      if (of_a_variable || citation.page.starts_with('/') || citation.page.starts_with("../")) {
        citation.anywhere = true;
        citation.page.erase(0, citation.page.rfind('/') + 1);
      }
      ReadQuotes(after, citation);
      citations.push_back(std::move(citation));
    }
    return citations;
  }

 private:
  static bool IsPathCharacter(char c) {
    return IsAlnum(c) || c == '-' || c == '_' || c == '/' || c == '.';
  }

  bool Skip(std::size_t& at, std::string_view expected) const {
    if (!text_.substr(at).starts_with(expected)) return false;
    at += expected.size();
    return true;
  }

  std::optional<std::string> Quoted(std::size_t& at) const {
    if (!Skip(at, "\"")) return std::nullopt;
    const std::size_t end = text_.find('"', at);
    if (end == std::string_view::npos) return "a quotation without an end";
    std::string quoted(text_.substr(at, end - at));
    at = end + 1;
    return quoted;
  }

  void ReadQuotes(std::size_t at, Citation& citation) const {
    std::vector<std::string>* found = nullptr;
    if (Skip(at, ", ") || Skip(at, " (")) {
      found = &citation.sections;
    } else if (Skip(at, ": ")) {
      found = &citation.words;
    } else {
      return;
    }
    do {
      const auto quoted = Quoted(at);
      if (!quoted) return;
      found->push_back(PlainWords(*quoted));
    } while (Skip(at, ", ") || Skip(at, " and "));
  }

  const FlatText& flat_;
  std::string_view text_;
};

std::string Folder(std::string_view path) {
  const std::size_t end = path.rfind('/');
  return std::string(path.substr(0, end == std::string_view::npos ? 0 : end));
}

bool IsIn(std::string_view folder, std::string_view path) {
  return folder.empty() || path == folder ||
         (path.starts_with(folder) && path[folder.size()] == '/');
}

// Every page that a citation in the file at `path` may mean.
std::vector<const MarkdownPage*> Cited(const Citation& citation, std::string_view path,
                                       const Documents& documents) {
  std::vector<const MarkdownPage*> cited;
  const bool bare = citation.page.find('/') == std::string::npos;
  for (const auto& [name, page] : documents.pages) {
    const std::string folder = Folder(name);
    const bool near = citation.anywhere || IsIn("docs", folder) || IsIn(folder, Folder(path));
    const bool same_name = name == citation.page || name.ends_with("/" + citation.page);
    if (bare ? near && same_name : name == citation.page) cited.push_back(&page);
  }
  return cited;
}

bool IsElsewhere(std::string_view target) {
  return target.starts_with("http://") || target.starts_with("https://") ||
         target.starts_with("mailto:");
}

}  // namespace

std::vector<std::string> CitationViolations(std::string_view path, std::string_view text,
                                            const Documents& documents) {
  std::vector<std::string> violations;
  const FlatText flat = Flatten(path, text);
  for (const Citation& citation : CitationReader(flat).Take()) {
    const auto object = [&](const std::string& what) {
      violations.push_back(Place(path, citation.line) + what);
    };
    const auto cited = Cited(citation, path, documents);
    if (cited.empty()) {
      object("there is no page " + citation.page);
      continue;
    }
    for (const std::string& section : citation.sections) {
      if (std::ranges::none_of(
              cited, [&](const MarkdownPage* page) { return page->sections.contains(section); })) {
        object(citation.page + " has no section \"" + section + "\"");
      }
    }
    for (const std::string& words : citation.words) {
      if (std::ranges::none_of(
              cited, [&](const MarkdownPage* page) { return page->words.contains(words); })) {
        object(citation.page + " does not say \"" + words + "\"");
      }
    }
  }
  return violations;
}

std::vector<std::string> BrokenLinks(std::string_view path, const Documents& documents) {
  std::vector<std::string> violations;
  const auto page = documents.pages.find(std::string(path));
  if (page == documents.pages.end()) return {Place(path, 1) + "there is no such page"};
  for (const Link& link : page->second.links) {
    if (IsElsewhere(link.target)) continue;
    const std::size_t hash = std::min(link.target.find('#'), link.target.size());
    const std::string file = link.target.substr(0, hash);
    std::string target(path);
    if (!file.empty()) {
      target = (std::filesystem::path(Folder(path)) / file).lexically_normal().generic_string();
      if (target.ends_with('/')) target.pop_back();
    }
    if (!documents.files.contains(target)) {
      violations.push_back(Place(path, link.line) + "nothing is at " + link.target);
      continue;
    }
    if (hash == link.target.size()) continue;
    const auto other = documents.pages.find(target);
    if (other == documents.pages.end() ||
        !other->second.anchors.contains(link.target.substr(hash + 1))) {
      violations.push_back(Place(path, link.line) + "there is no heading for " + link.target);
    }
  }
  return violations;
}

}  // namespace baokms::structure
