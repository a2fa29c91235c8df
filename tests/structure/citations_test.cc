// The checker of citations and links on planted texts: it is trusted because it is seen to object.
#include "tests/structure/citations.h"

#include <doctest/doctest.h>

namespace baokms::structure {
namespace {

Documents PlantedDocuments() {
  Documents documents;
  const auto add = [&](const std::string& path, std::string_view text) {
    documents.pages[path] = ReadMarkdown(text);
    documents.files.insert(path);
  };
  add("docs/spec/state-file.md", "# State\n## Save\nA crash\nmust *recover*.\n## Load\n");
  add("docs/spec/auth.md", "# Auth\n- **Refresh ahead**: renew\n| 403 | denied |\n|---|---|\n");
  add("docs/runbooks/rotation.md", "# Rotation\n[to](../spec/auth.md)\n[back](#rotation)\n");
  add("adapters/jwt/README.md", "# jwt\n");
  add("README.md", "# All\n");
  documents.files.insert({"docs", "docs/spec", "adapters/jwt/a.cc"});
  return documents;
}

std::vector<std::string> Judge(std::string_view text, std::string_view path = "adapters/jwt/a.cc") {
  return CitationViolations(path, text, PlantedDocuments());
}

TEST_CASE("Citations: a page or section that is there is none to object to") {
  for (const char* text : {
           "// See state-file.md.\n",
           "// (state-file.md, \"Save\").\n",
           "// (state-file.md, \"Save\": a crash must recover).\n",
           "// state-file.md (\"Save\" and step 1)\n",
           "// state-file.md, \"Save\", \"Load\"; auth.md, \"Refresh ahead\" and \"403\"\n",
           "// as said (state-\n// file.md, \"Save\")\n",
           "  int a;  // as said (state-file.md,\n          // \"Save\")\n",
           "// auth.md, \"Refresh\n//   ahead\"\n",
           "// state-file.md: \"A crash must recover\"\n",
           "// docs/runbooks/rotation.md\n",
           "Write(made / \"docs/runbooks/rotation.md\");\n",
           "Read(root + \"/rotation.md\");\n",
           "cat $where/of/rotation.md ${where}/rotation.md ../../docs/runbooks/rotation.md\n",
           "// README.md of this folder\n",
           "// a.mdx and .md are no pages\n",
       }) {
    CAPTURE(text);
    CHECK(Judge(text).empty());
  }
  CHECK(Judge("# see state-\n# file.md, \"Save\"\n", "adapters/jwt/CMakeLists.txt").empty());
  CHECK(Judge("copy ${made}/docs/runbooks/rotation.md\n", "app/CMakeLists.txt").empty());
}

TEST_CASE("Citations: one that leads nowhere is an objection") {
  for (const char* text : {
           "// See statefile.md.\n",
           "// (State-file.md)\n",
           "// state-file.md, \"Saves\"\n",
           "// state-file.md, \"Save\n",
           "// state-file.md (\"save\")\n",
           "// state-file.md, \"Save\", \"Store\"\n",
           "// state-file.md, \"Save\" and \"Store\"\n",
           "// state-file.md, \"Refresh ahead\"\n",
           "// auth.md, \"Refresh\"\n",
           "// auth.md, \"renew\"\n",
           "// auth.md, \"denied\"\n",
           "// as said (state-\n// files.md)\n",
           "// state-file.md,\n// \"Saved\"\n",
           "// state-file.md: \"A crash may recover\"\n",
           "// docs/rotation.md\n",
           "// spec/auth.md\n",
           "const char* page = \"none.md\";\n",
           "Read(root + \"/none.md\");\n",
           "cat $where/of/none.md\n",
           "cat ../../docs/none.md\n",
       }) {
    CAPTURE(text);
    CHECK(Judge(text).size() == 1);
  }
  CHECK(Judge("// README.md\n", "ports/clock.h").empty());  // the root's
  CHECK(CitationViolations("a/b.cc", "// jwt.md\n", Documents{}).size() == 1);
}

TEST_CASE("Citations: an objection names the line on which the page's name begins") {
  const auto violations = Judge("int a;\n// one\n// (state-\n// files.md)\n");
  REQUIRE(violations.size() == 1);
  CHECK(violations.front() == "adapters/jwt/a.cc:3: there is no page state-files.md");
}

TEST_CASE("Links: a target or anchor that is not there is an objection") {
  Documents documents = PlantedDocuments();
  CHECK(BrokenLinks("docs/runbooks/rotation.md", documents).empty());
  const auto judge = [&](std::string_view text) {
    documents.pages["docs/spec/new.md"] = ReadMarkdown(text);
    return BrokenLinks("docs/spec/new.md", documents);
  };
  CHECK(
      judge("[a](https://example.org/x.md#y) [b](auth.md#auth) [c](../../README.md) [d](../spec/)")
          .empty());
  CHECK(judge("[a](none.md)").size() == 1);
  CHECK(judge("[a](rotation.md)").size() == 1);
  CHECK(judge("[a](auth.md#none)").size() == 1);
  CHECK(judge("[a](#none)").size() == 1);
  CHECK(judge("[a](../spec#auth)").size() == 1);
  CHECK(judge("[a](../../../README.md)").size() == 1);
  CHECK(judge("\n\n[a](none.md)").front() == "docs/spec/new.md:3: nothing is at none.md");
}

}  // namespace
}  // namespace baokms::structure
