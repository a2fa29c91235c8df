// The checker on planted files, and then on the tree.
#include "tests/structure/link_arrows.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

namespace baokms::structure {
namespace {

LinkArrows PlantedArrows() {
  LinkArrows arrows;
  arrows.AddLinks("core/text", "add_library(text STATIC a.cc)\n");
  arrows.AddLinks("core/model",
                  "add_library(model STATIC a.cc)  # add_library(no)\n"
                  "target_link_libraries(model PUBLIC text)\n");
  arrows.AddLinks(
      "adapters/jwt",
      "add_library(jwt STATIC a.cc)\n"
      "target_link_libraries(jwt\n  PUBLIC model\n  PRIVATE posix simdjson::simdjson)\n");
  arrows.AddLinks("adapters/posix", "add_library(posix INTERFACE)\n");
  arrows.AddLinks("app/login",
                  "add_library(login STATIC a.cc)\n"
                  "if(X)\n  target_link_libraries(login PRIVATE jwt)\nendif()\n");
  arrows.AddLinks("app", "add_executable(program main.cc)\n");
  return arrows;
}

std::size_t Objections(const char* path, const char* name) {
  return PlantedArrows().Violations(path, "#include \"" + std::string(name) + "\"\n").size();
}

TEST_CASE("Link arrows: what is linked may be included and also over public links") {
  CHECK(Objections("core/model/a.cc", "core/text/b.h") == 0);
  CHECK(Objections("adapters/jwt/a.cc", "core/text/b.h") == 0);
  CHECK(Objections("adapters/jwt/a.cc", "adapters/posix/b.h") == 0);
  CHECK(Objections("adapters/jwt/inner/a.cc", "adapters/jwt/b.h") == 0);
  CHECK(Objections("app/login/a.cc", "adapters/jwt/b.h") == 0);
  CHECK(Objections("app/login/a.cc", "core/text/b.h") == 0);
  CHECK(Objections("app/login/a.cc", "app/exit_code.h") == 0);
}

TEST_CASE("Link arrows: what is not linked or is private to another is an objection") {
  CHECK(Objections("core/text/a.cc", "core/model/b.h") == 1);
  CHECK(Objections("core/model/a.cc", "adapters/jwt/b.h") == 1);
  CHECK(Objections("app/login/a.cc", "adapters/posix/b.h") == 1);
  CHECK(Objections("app/login/a.cc", "app/serve/b.h") == 1);
  CHECK(Objections("core/wire/a.cc", "core/text/b.h") == 1);  // no target
  CHECK(Objections("core/model/a.cc", "app/exit_code.h") == 1);
}

TEST_CASE("Link arrows: a circle is found") {
  LinkArrows arrows = PlantedArrows();
  CHECK(arrows.Circles().empty());
  arrows.AddLinks("core/text", "target_link_libraries(text PRIVATE login)\n");
  CHECK(arrows.Circles() == std::vector<std::string>{"jwt", "login", "model", "text"});
}

TEST_CASE("Tree: every folder includes only what its targets link") {
  namespace fs = std::filesystem;
  const fs::path root(BAOKMS_SOURCE_TREE);
  const auto text_of = [](const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(in), {});
  };
  LinkArrows arrows;
  std::vector<fs::path> sources;
  for (const char* folder : {"core", "ports", "adapters", "app"}) {
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(root / folder)) {
      const fs::path& path = entry.path();
      if (path.filename() == "CMakeLists.txt") {
        arrows.AddLinks(fs::relative(path.parent_path(), root).generic_string(), text_of(path));
      } else if (path.extension() == ".cc" || path.extension() == ".h") {
        sources.push_back(path);
      }
    }
  }
  CHECK(sources.size() > 400);  // a wrong path would find nothing to object to
  for (const fs::path& path : sources) {
    const std::string name = fs::relative(path, root).generic_string();
    for (const std::string& violation : arrows.Violations(name, text_of(path))) {
      FAIL_CHECK(violation);
    }
  }
  for (const std::string& circle : arrows.Circles()) FAIL_CHECK("a circle of links: " << circle);
}

}  // namespace
}  // namespace baokms::structure
