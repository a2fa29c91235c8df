#include "tests/support/harness/pseudo_terminal.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>

#include "tests/support/harness/harness_error.h"

namespace baokms::testing {

PseudoTerminal::PseudoTerminal(std::size_t columns, std::size_t rows)
    : master_(posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
  char name[128];
  if (master_ < 0 || grantpt(master_) != 0 || unlockpt(master_) != 0 ||
      ptsname_r(master_, name, sizeof name) != 0) {
    throw HarnessError("no pseudo-terminal");
  }
  name_ = name;
  slave_ = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
  winsize size{};
  size.ws_col = static_cast<unsigned short>(columns);
  size.ws_row = static_cast<unsigned short>(rows);
  termios settings{};
  if (slave_ < 0 || ioctl(slave_, TIOCSWINSZ, &size) != 0 || tcgetattr(slave_, &settings) != 0) {
    throw HarnessError("no pseudo-terminal of that size");
  }
  settings.c_oflag &= ~static_cast<tcflag_t>(OPOST);  // the bytes as the program wrote them
  if (tcsetattr(slave_, TCSANOW, &settings) != 0) throw HarnessError("no raw pseudo-terminal");
}

PseudoTerminal::~PseudoTerminal() {
  close(slave_);
  close(master_);
}

const std::string& PseudoTerminal::Written() {
  pollfd ready{.fd = master_, .events = POLLIN, .revents = 0};
  while (poll(&ready, 1, 0) == 1 && (ready.revents & POLLIN) != 0) {
    char buffer[4096];
    const ssize_t got = read(master_, buffer, sizeof buffer);
    if (got <= 0) break;
    written_.append(buffer, static_cast<std::size_t>(got));
  }
  return written_;
}

bool PseudoTerminal::WaitFor(const std::string& text, std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (Written().find(text) == std::string::npos) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    pollfd ready{.fd = master_, .events = POLLIN, .revents = 0};
    poll(&ready, 1, 20);
  }
  return true;
}

std::vector<std::string> PseudoTerminal::Screen() { return ScreenAfter(Written()); }

std::vector<std::string> ScreenAfter(const std::string& written) {
  std::vector<std::string> lines(1);
  std::size_t column = 0;
  std::string_view rest = written;
  while (!rest.empty()) {
    if (rest.starts_with("\033[")) {
      const std::size_t end = rest.find_first_not_of("0123456789;", 2);
      if (end == std::string_view::npos || (rest[end] != 'm' && rest[end] != 'K')) {
        throw HarnessError("a control sequence that no terminal of the tests knows");
      }
      if (rest[end] == 'K') lines.back().resize(std::min(column, lines.back().size()));
      rest.remove_prefix(end + 1);
      continue;
    }
    const char c = rest.front();
    rest.remove_prefix(1);
    if (c == '\n') {
      lines.emplace_back();
      column = 0;
    } else if (c == '\r') {
      column = 0;
    } else {
      if (lines.back().size() <= column) lines.back().resize(column + 1, ' ');
      lines.back()[column++] = c;
    }
  }
  if (lines.back().empty()) lines.pop_back();
  return lines;
}

}  // namespace baokms::testing
