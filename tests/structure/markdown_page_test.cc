// How a page is read, on planted texts.
#include "tests/structure/markdown_page.h"

#include <doctest/doctest.h>

namespace baokms::structure {
namespace {

TEST_CASE("Page: headings, bold terms and rows' first cells are its sections") {
  const MarkdownPage page = ReadMarkdown(
      "# Keys\n## State file (`state.path`, default x)\n### Systemd: deploy\n#no heading\n"
      "text **Refresh\nahead**: when\n| request | answer |\n|---|---|\n| encrypt `ok` | 200 |\n"
      "```\n# in code\n| code | x |\n```\n");
  const auto has = [&](const char* section) { return page.sections.contains(section); };
  CHECK(has("Keys"));
  CHECK(has("State file"));
  CHECK(has("State file (state.path, default x)"));
  CHECK(has("Systemd"));
  CHECK(has("Refresh ahead"));
  CHECK(has("request"));
  CHECK(has("encrypt ok"));
  CHECK_FALSE(has("State"));
  CHECK_FALSE(has("Refresh"));
  CHECK_FALSE(has("text"));
  CHECK_FALSE(has("answer"));
  CHECK_FALSE(has("200"));
  CHECK_FALSE(has("no heading"));
  CHECK_FALSE(has("in code"));
  CHECK_FALSE(has("code"));
}

TEST_CASE("Page: anchors are those of GitHub") {
  const MarkdownPage page = ReadMarkdown(
      "# gRPC & `HTTP`: a, b\n## Two_words-here (x)\n## Again\n## Again\n## See [the "
      "page](a.md)\n");
  CHECK(page.anchors == std::set<std::string>{"grpc--http-a-b", "two_words-here-x", "again",
                                              "again-1", "see-the-page"});
}

TEST_CASE("Page: links outside of code count, with their lines") {
  const MarkdownPage page = ReadMarkdown(
      "[a](b.md) and ![c](d.png \"title\")\n`[not](this.md)` [e](#f)\n```\n[nor](that.md)\n```\n"
      "[name]: g.md\n");
  REQUIRE(page.links.size() == 4);
  CHECK(page.links[0].target == "b.md");
  CHECK(page.links[1].target == "d.png");
  CHECK(page.links[2].target == "#f");
  CHECK(page.links[2].line == 2);
  CHECK(page.links[3].target == "g.md");
  CHECK(page.links[3].line == 6);
}

}  // namespace
}  // namespace baokms::structure
