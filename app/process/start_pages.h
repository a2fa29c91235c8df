// What the start alone reads of the program and its libraries: symbol tables, relocations, code
// that runs once. It stays mapped, and counts as the process's memory, until somebody gives it
// back.
#pragma once

#include <cstddef>
#include <vector>

namespace baokms::app {

class StartPages {
 public:
  // Remembers the code and constants of the program and of each library that is loaded by now.
  // Before anything is loaded at run time: a module from elsewhere might change its own code. Any
  // thread.
  StartPages();

  // Unmaps what is remembered. A page that is used again is mapped again, from the same file and
  // usually without reading it: the kernel keeps it. Any thread, any number of times; about a
  // millisecond. A system that refuses keeps the pages.
  void GiveBack() const;

 private:
  // Whole pages that nothing has written to.
  struct Range {
    void* begin;
    std::size_t bytes;
  };
  std::vector<Range> ranges_;
};

}  // namespace baokms::app
