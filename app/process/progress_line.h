// One line on standard error that tells a person how far a command is, and is overwritten by the
// next one. Into a file or a pipe nothing is written.
#pragma once

#include <chrono>
#include <string_view>

namespace baokms::app {

// One thread at a time.
class ProgressLine {
 public:
  ProgressLine();
  ~ProgressLine() { Clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  // Cut to the terminal's width, counting bytes; shown at most ten times a second, so that it may
  // be called as often as there is news.
  void Show(std::string_view text);
  // Before anything else is written to the terminal.
  void Clear();

 private:
  const bool visible_;
  bool shown_ = false;
  std::chrono::steady_clock::time_point next_{};
};

}  // namespace baokms::app
