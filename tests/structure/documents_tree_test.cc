// Citations and links on the tree itself.
#include <doctest/doctest.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "tests/structure/citations.h"

namespace baokms::structure {
namespace {

namespace fs = std::filesystem;

const fs::path kRoot = BAOKMS_SOURCE_TREE;

std::string ReadFile(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// What belongs to the project, builds left out.
std::vector<std::string> ProjectPaths() {
  constexpr std::array kFolders = {"adapters", "app",   "cmake",   "core", "deploy",
                                   "docs",     "ports", "scripts", "tests"};
  std::vector<std::string> paths;
  for (const fs::directory_entry& entry : fs::directory_iterator(kRoot)) {
    if (entry.is_regular_file()) paths.push_back(entry.path().filename().string());
  }
  for (const char* folder : kFolders) {
    paths.emplace_back(folder);
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(kRoot / folder)) {
      paths.push_back(fs::relative(entry.path(), kRoot).generic_string());
    }
  }
  return paths;
}

Documents ReadDocuments(const std::vector<std::string>& paths) {
  Documents documents;
  for (const std::string& path : paths) {
    documents.files.insert(path);
    if (path.ends_with(".md")) documents.pages[path] = ReadMarkdown(ReadFile(kRoot / path));
  }
  return documents;
}

bool MayCite(const std::string& path) {
  const std::set<std::string> kSuffixes = {".h",  ".cc", ".go",   ".proto", ".txt", ".cmake",
                                           ".sh", ".in", ".yaml", ".json",  ""};
  if (path.starts_with("tests/fuzz/corpus/") || path.starts_with("docs/")) return false;
  // Planted texts.
  if (path.starts_with("tests/structure/") && path.ends_with("_test.cc")) return false;
  return fs::is_regular_file(kRoot / path) &&
         kSuffixes.contains(fs::path(path).extension().string());
}

TEST_CASE("Documents: every page and section that a file cites is there") {
  const std::vector<std::string> paths = ProjectPaths();
  const Documents documents = ReadDocuments(paths);
  int files = 0;
  for (const std::string& path : paths) {
    if (!MayCite(path)) continue;
    ++files;
    for (const std::string& violation :
         CitationViolations(path, ReadFile(kRoot / path), documents)) {
      FAIL_CHECK(violation);
    }
  }
  // A wrong path would find nothing to object to.
  CHECK(files > 800);
}

TEST_CASE("Documents: every folder of core and app says what it is in a README") {
  for (const char* layer : {"core", "app"}) {
    for (const fs::directory_entry& entry : fs::directory_iterator(kRoot / layer)) {
      if (!entry.is_directory()) continue;
      CAPTURE(entry.path().string());
      CHECK(fs::exists(entry.path() / "README.md"));
    }
  }
}

TEST_CASE("Documents: every link of a page leads somewhere") {
  const Documents documents = ReadDocuments(ProjectPaths());
  for (const auto& [path, page] : documents.pages) {
    for (const std::string& violation : BrokenLinks(path, documents)) FAIL_CHECK(violation);
  }
  CHECK(documents.pages.size() > 50);
}

}  // namespace
}  // namespace baokms::structure
