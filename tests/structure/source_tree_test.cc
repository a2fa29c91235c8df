// The rules on the tree itself.
#include <doctest/doctest.h>

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "tests/structure/arrow_rules.h"
#include "tests/structure/read_file.h"

namespace baokms::structure {
namespace {

namespace fs = std::filesystem;

struct Findings {
  std::vector<std::string> violations;
  int sources = 0;
  int link_files = 0;
};

Findings CheckTree(const fs::path& root) {
  const std::set<std::string> kSuffixes = {".h",   ".hh",  ".hpp", ".cc",
                                           ".cpp", ".cxx", ".c",   ".inc"};
  Findings findings;
  for (const char* folder : {"core", "ports", "adapters", "app"}) {
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root / folder)) {
      if (!entry.is_regular_file()) continue;
      const std::string path = fs::relative(entry.path(), root).generic_string();
      std::vector<std::string> found;
      if (kSuffixes.contains(entry.path().extension().string())) {
        ++findings.sources;
        found = SourceViolations(path, ReadFile(entry.path()));
      } else if (entry.path().filename() == "CMakeLists.txt") {
        ++findings.link_files;
        found = LinkViolations(path, ReadFile(entry.path()));
      }
      findings.violations.insert(findings.violations.end(), found.begin(), found.end());
    }
  }
  return findings;
}

TEST_CASE("Tree: every arrow points the allowed way") {
  const Findings findings = CheckTree(BAOKMS_SOURCE_TREE);
  for (const std::string& violation : findings.violations) FAIL_CHECK(violation);
  // A wrong path would find nothing to object to.
  CHECK(findings.sources > 80);
  CHECK(findings.link_files > 5);
}

TEST_CASE("Tree: every adapter says what it is in a README") {
  for (const fs::directory_entry& entry :
       fs::directory_iterator(fs::path(BAOKMS_SOURCE_TREE) / "adapters")) {
    if (!entry.is_directory() || !fs::exists(entry.path() / "CMakeLists.txt")) continue;
    CAPTURE(entry.path().filename().string());
    CHECK(fs::exists(entry.path() / "README.md"));
  }
}

}  // namespace
}  // namespace baokms::structure
