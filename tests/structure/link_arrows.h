// What a folder may include is what its targets link. CMake finds every header from the project's
// root, so a link line alone would not keep an include out.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace baokms::structure {

// The targets of the product's CMakeLists.txt files. All branches of an if() count.
class LinkArrows {
 public:
  // `folder` is relative to the project's root: "core/wire".
  void AddLinks(std::string_view folder, std::string_view cmake_text);

  // The includes of ours in a source that none of its folder's targets may see, one "path:line:
  // reason" each. A file belongs to the nearest folder above it that has targets.
  std::vector<std::string> Violations(std::string_view path, std::string_view text) const;

  // Each target that reaches itself over links.
  std::vector<std::string> Circles() const;

 private:
  struct Target {
    std::set<std::string> handed_on;  // PUBLIC and INTERFACE
    std::set<std::string> own;        // PRIVATE
  };

  std::string FolderOf(std::string_view path) const;  // empty: none
  std::set<std::string> ReachableFrom(const std::string& folder) const;

  std::map<std::string, Target> targets_;
  std::map<std::string, std::set<std::string>> folders_;  // to the names of their targets
};

}  // namespace baokms::structure
