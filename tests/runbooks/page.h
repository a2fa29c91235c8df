// A page of docs that tells an operator what to run, cut into the blocks that a test runs
// (tests/runbooks/README.md).
#pragma once

#include <string>
#include <vector>

namespace baokms::runbooks {

struct Block {
  std::string section;  // the "## " heading it stands under; empty above the first
  std::string name;
  std::string commands;
};

struct Page {
  std::vector<Block> blocks;
  // What breaks the rules of README.md, with its line.
  std::vector<std::string> problems;
};

Page Parse(const std::string& markdown);
void ReplaceAll(std::string& text, const std::string& from, const std::string& to);

// "rotation" is docs/runbooks/rotation.md; no two pages have one name. Throws HarnessError when
// there is none.
Page ReadPage(const std::string& name);
// Of every page there is.
std::vector<std::string> PageNames();

}  // namespace baokms::runbooks
