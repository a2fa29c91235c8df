#include "tests/structure/link_arrows.h"

#include <algorithm>
#include <array>
#include <regex>
#include <sstream>

#include "tests/structure/source_text.h"

namespace baokms::structure {
namespace {

bool IsOfTheProduct(std::string_view name) {
  constexpr std::array kFolders = {"core/", "ports/", "adapters/", "app/"};
  return std::ranges::any_of(kFolders, [&](const char* f) { return name.starts_with(f); });
}

// The few headers that lie flat in app/ are for all of it.
bool IsFlatInApp(std::string_view name) {
  return name.starts_with("app/") && name.find('/', 4) == std::string_view::npos;
}

}  // namespace

void LinkArrows::AddLinks(std::string_view folder, std::string_view cmake_text) {
  const std::string text = std::regex_replace(std::string(cmake_text), std::regex("#[^\n]*"), "");
  const std::regex defined(R"(add_(?:library|executable)\s*\(\s*([\w-]+))");
  for (std::sregex_iterator it(text.begin(), text.end(), defined), end; it != end; ++it) {
    targets_.try_emplace((*it)[1]);
    folders_[std::string(folder)].insert((*it)[1]);
  }
  const std::regex linked(R"(target_link_libraries\s*\(([^)]*)\))");
  for (std::sregex_iterator it(text.begin(), text.end(), linked), end; it != end; ++it) {
    std::istringstream words((*it)[1]);
    std::string name;
    words >> name;
    Target& target = targets_[name];
    bool handed_on = true;
    for (std::string word; words >> word;) {
      if (word == "PRIVATE") {
        handed_on = false;
      } else if (word == "PUBLIC" || word == "INTERFACE") {
        handed_on = true;
      } else {
        (handed_on ? target.handed_on : target.own).insert(word);
      }
    }
  }
}

std::string LinkArrows::FolderOf(std::string_view path) const {
  while (path.find('/') != std::string_view::npos) {
    path = path.substr(0, path.rfind('/'));
    if (const std::string folder(path); folders_.contains(folder)) return folder;
  }
  return {};
}

std::set<std::string> LinkArrows::ReachableFrom(const std::string& folder) const {
  std::set<std::string> reached = folders_.at(folder);
  std::vector<std::string> open(reached.begin(), reached.end());
  const auto add = [&](const std::set<std::string>& names) {
    for (const std::string& name : names) {
      if (targets_.contains(name) && reached.insert(name).second) open.push_back(name);
    }
  };
  for (const std::string& target : folders_.at(folder)) add(targets_.at(target).own);
  while (!open.empty()) {
    const std::string name = open.back();
    open.pop_back();
    add(targets_.at(name).handed_on);
  }
  return reached;
}

std::vector<std::string> LinkArrows::Violations(std::string_view path,
                                                std::string_view text) const {
  const std::string folder = FolderOf(path);
  if (folder.empty()) return {std::string(path) + ": belongs to no target"};
  const std::set<std::string> reachable = ReachableFrom(folder);
  std::vector<std::string> violations;
  for (const Include& include : IncludesOf(WithoutCommentsAndLiterals(text))) {
    if (!IsOfTheProduct(include.name)) continue;
    const std::string there = FolderOf(include.name);
    if (there == folder || (path.starts_with("app/") && IsFlatInApp(include.name))) continue;
    const auto is_reached = [&](const std::string& target) { return reachable.contains(target); };
    if (!there.empty() && std::ranges::any_of(folders_.at(there), is_reached)) continue;
    violations.push_back(Place(path, include.line) + "includes " + include.name +
                         ", which no target of " + folder + " links");
  }
  return violations;
}

std::vector<std::string> LinkArrows::Circles() const {
  std::vector<std::string> circles;
  for (const auto& [name, target] : targets_) {
    std::set<std::string> reached;
    std::vector<std::string> open{name};
    while (!open.empty()) {
      const auto found = targets_.find(open.back());
      open.pop_back();
      if (found == targets_.end()) continue;
      for (const auto* links : {&found->second.handed_on, &found->second.own}) {
        for (const std::string& linked : *links) {
          if (reached.insert(linked).second) open.push_back(linked);
        }
      }
    }
    if (reached.contains(name)) circles.push_back(name);
  }
  return circles;
}

}  // namespace baokms::structure
