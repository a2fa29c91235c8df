// The program's whole command tree, and every page of it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "app/command_line/command_page.h"
#include "app/command_line/commands.h"

namespace baokms::app {

using Words = std::vector<std::string>;

inline bool Has(std::string_view text, std::string_view words) { return text.contains(words); }

class WholeTree {
 public:
  WholeTree() {
    AddEveryCommand(tree_);
    root_ = DescribeRoot(tree_);
  }

  CommandTree& command_tree() { return tree_; }
  const CommandPage& root() const { return root_; }
  std::vector<const CommandPage*> All() const {
    std::vector<const CommandPage*> pages;
    Collect(root_, pages);
    return pages;
  }

 private:
  static void Collect(const CommandPage& page, std::vector<const CommandPage*>& pages) {
    pages.push_back(&page);
    for (const CommandPage& command : page.commands) Collect(command, pages);
  }

  CommandTree tree_;
  CommandPage root_;
};

}  // namespace baokms::app
