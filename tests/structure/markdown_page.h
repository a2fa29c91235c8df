#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace baokms::structure {

struct Link {
  std::string target;  // as written: "auth.md#part", "https://..."
  int line = 0;        // from 1
};

// What others may refer to in a page, and what it refers to. Fenced code is no part of it.
struct MarkdownPage {
  // Names under which a comment may cite a part: a heading, or what stands in it before its first
  // ": " or " ("; a bold term; the first cell of a table's row. Without ` and *.
  std::set<std::string> sections;
  // Anchors of its headings as GitHub makes them.
  std::set<std::string> anchors;
  // Those outside of code, of the form [text](target) or [name]: target.
  std::vector<Link> links;
  // All of its words, parted by single blanks, without ` and *.
  std::string words;
};

MarkdownPage ReadMarkdown(std::string_view text);

// Blanks and line breaks in a row become one blank, ` and * go.
std::string PlainWords(std::string_view text);

}  // namespace baokms::structure
