#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/structure/markdown_page.h"

namespace baokms::structure {

// The tree as references see it. Paths are relative to the project's root.
struct Documents {
  std::map<std::string, MarkdownPage> pages;  // *.md
  std::set<std::string> files;                // every file and folder
};

// The pages and sections that a source, test, script or CMake file cites in comments or strings and
// that are not there, one "path:line: reason" each. A comment's line break inside of a citation
// does not matter, also after the hyphen of a page's name.
//
//   registry-and-rotation.md        a page in any folder of docs/, at the root, in the file's own
//                                   folder or in one above it
//   docs/runbooks/rotation.md       that file
//   "/rotation.md"                  a page of that name anywhere: which folder is not known here
//   auth.md, "Token manager"        and that section of it (MarkdownPage::sections), as each
//   auth.md ("JWT", "Certificates") further one behind a comma or "and"
//   auth.md: "A 403 keeps it"       and these words of it
std::vector<std::string> CitationViolations(std::string_view path, std::string_view text,
                                            const Documents& documents);

// The relative links and anchors of the page at `path` that lead nowhere, one "path:line: reason"
// each. Links to other servers are not followed.
std::vector<std::string> BrokenLinks(std::string_view path, const Documents& documents);

}  // namespace baokms::structure
