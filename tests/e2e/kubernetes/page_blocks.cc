#include "tests/e2e/kubernetes/page_blocks.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <sstream>

#include "tests/support/harness/temp_directory.h"

namespace baokms::e2e {

std::vector<std::string> PageBlocks(const std::string& heading, const std::string& language) {
  std::istringstream page(testing::ReadWholeFile(BAOKMS_DOCS_DIRECTORY "/encrypt-a-cluster.md"));
  std::vector<std::string> blocks;
  bool below = false, fenced = false, wanted = false;
  std::size_t indent = 0;
  for (std::string line; std::getline(page, line);) {
    const std::size_t text = line.find_first_not_of(' ');
    if (text != std::string::npos && line.compare(text, 3, "```") == 0) {
      fenced = !fenced;
      indent = text;
      if (fenced) wanted = below && line.substr(text + 3) == language;
      if (fenced && wanted) blocks.emplace_back();
    } else if (fenced && wanted) {
      blocks.back() += line.substr(std::min(indent, line.size())) + "\n";
    } else if (!fenced && line.starts_with('#')) {
      below = line == heading;
    }
  }
  return blocks;
}

std::map<std::string, std::string> WordsOfKubeApiServer() {
  std::istringstream page(
      testing::ReadWholeFile(BAOKMS_DOCS_DIRECTORY "/runbooks/kube-apiserver-says.md"));
  const std::string begin = "<!-- said: ", end = " -->";
  std::map<std::string, std::string> words;
  std::string name;
  for (std::string line; std::getline(page, line);) {
    if (line.starts_with(begin) && line.ends_with(end)) {
      name = line.substr(begin.size(), line.size() - begin.size() - end.size());
    } else if (!name.empty() && !line.starts_with("```")) {
      REQUIRE_FALSE(line.empty());
      REQUIRE(words.try_emplace(name, line).second);
      name.clear();
    }
  }
  return words;
}

bool HasWords(const std::string& text, const std::string& words) {
  const std::string gap = "...";
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::size_t at = 0;
    for (std::size_t from = 0; at != std::string::npos && from <= words.size();) {
      const std::size_t to = std::min(words.find(gap, from), words.size());
      at = line.find(words.substr(from, to - from), at);
      if (at != std::string::npos) at += to - from;
      from = to + gap.size();
    }
    if (at != std::string::npos) return true;
  }
  return false;
}

std::string Replaced(std::string text, const std::string& from, const std::string& to) {
  std::size_t at = text.find(from);
  INFO(text);
  CAPTURE(from);
  REQUIRE(at != std::string::npos);
  for (; at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
  return text;
}

}  // namespace baokms::e2e
