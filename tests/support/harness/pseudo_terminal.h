// A terminal of a given size for a program to write to, and the picture on it.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace baokms::testing {

// One thread at a time. Its name() is what ChildProcess writes to as to a file.
class PseudoTerminal {
 public:
  // Throws HarnessError when the system gives none.
  explicit PseudoTerminal(std::size_t columns, std::size_t rows = 50);
  ~PseudoTerminal();
  PseudoTerminal(const PseudoTerminal&) = delete;
  PseudoTerminal& operator=(const PseudoTerminal&) = delete;

  const std::string& name() const { return name_; }
  // Every byte written so far.
  const std::string& Written();
  // False: it was not written within `timeout`.
  bool WaitFor(const std::string& text, std::chrono::milliseconds timeout);
  // See ScreenAfter.
  std::vector<std::string> Screen();

 private:
  int master_ = -1;
  int slave_ = -1;  // kept open: without a writer what was written could not be read any more
  std::string name_;
  std::string written_;
};

// The lines that stand on a terminal after `written`: newline, carriage return and erase to the end
// of the line are done, colors are left out. Throws HarnessError for any other control sequence.
std::vector<std::string> ScreenAfter(const std::string& written);

}  // namespace baokms::testing
