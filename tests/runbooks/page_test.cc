// The pages themselves: what Parse refuses, and that no page holds it.
#include "tests/runbooks/page.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "tests/runbooks/operator.h"

namespace baokms::runbooks {
namespace {

TEST_CASE(
    "Runbook pages: a block has its section and name and commands without the list's indent") {
  const Page page = Parse(
      "# A page\n\n## First\n\n1. Do:\n\n   <!-- run: one -->\n   ```sh\n   a\n     b\n   ```\n\n"
      "   ```text\n   printed\n   ```\n\n## Second\n\n<!-- run: one -->\n```sh\nc\n```\n");
  CHECK(page.problems.empty());
  REQUIRE(page.blocks.size() == 2);
  CHECK(page.blocks[0].section == "First");
  CHECK(page.blocks[0].name == "one");
  CHECK(page.blocks[0].commands == "a\n  b\n");
  CHECK(page.blocks[1].section == "Second");
  CHECK(page.blocks[1].commands == "c\n");
}

TEST_CASE("Runbook pages: what no test could run by name is a problem") {
  for (const char* text : {
           "```sh\na\n```\n",                                // no name
           "<!-- run: one -->\n\nText.\n\n```sh\na\n```\n",  // something between
           "<!-- run: one -->\n```console\n$ a\n```\n",      // another language
           "```\na\n```\n",                                  // none
           "<!-- run: one -->\n```text\na\n```\n",           // named and not run
           "<!-- run: one -->\n",                            // nothing follows
           "<!-- run: one -->\n```sh\na\n",                  // not closed
           "<!-- run: one -->\n```sh\na\n```\n<!-- run: one -->\n```sh\na\n```\n",  // twice
       }) {
    CAPTURE(text);
    CHECK_FALSE(Parse(text).problems.empty());
  }
}

TEST_CASE("Runbook pages: every section with commands has its case") {
  int blocks = 0;
  // The pages of logins that this build does not have: the full build covers them.
  const std::string_view elsewhere = BAOKMS_PAGES_ELSEWHERE;
  for (const std::string& name : PageNames()) {
    if (elsewhere.contains(" " + name + " ")) continue;
    const Page page = ReadPage(name);
    for (const std::string& problem : page.problems) FAIL_CHECK(name << ", " << problem);
    for (const Block& block : page.blocks) {
      ++blocks;
      const bool before_all = block.section.empty() && block.name == "names";
      CHECK_MESSAGE((before_all || IsCovered(name, block.section)),
                    name << ": no case for " << block.section << ": " << block.name);
    }
  }
  CHECK(blocks > 0);
}

}  // namespace
}  // namespace baokms::runbooks
