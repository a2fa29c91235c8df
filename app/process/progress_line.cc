#include "app/process/progress_line.h"

#include <algorithm>
#include <cstdio>
#include <string>

#include "app/process/terminal.h"

namespace baokms::app {
namespace {

constexpr std::string_view kEraseLine = "\r\033[K";

void Write(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

}  // namespace

ProgressLine::ProgressLine() : visible_(IsTerminal(stderr)) {}

void ProgressLine::Show(std::string_view text) {
  if (!visible_) return;
  const auto now = std::chrono::steady_clock::now();
  if (now < next_) return;
  next_ = now + std::chrono::milliseconds(100);
  // The last column stays free: some terminals go to the next line there.
  const std::size_t room = TerminalWidth(stderr) - 1;
  Write(std::string(kEraseLine).append(text.substr(0, std::min(room, text.size()))));
  shown_ = true;
}

void ProgressLine::Clear() {
  if (!shown_) return;
  Write(kEraseLine);
  shown_ = false;
  next_ = {};
}

}  // namespace baokms::app
