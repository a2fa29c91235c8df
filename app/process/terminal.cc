#include "app/process/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

namespace baokms::app {
namespace {

std::string_view Variable(const char* name) {
  // Read before the program starts a thread that could change it; none does.
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
  return value == nullptr ? std::string_view() : std::string_view(value);
}

}  // namespace

bool IsTerminal(std::FILE* stream) {
  const std::string_view term = Variable("TERM");
  return isatty(fileno(stream)) == 1 && !term.empty() && term != "dumb";
}

bool ShowsColor(std::FILE* stream) { return IsTerminal(stream) && Variable("NO_COLOR").empty(); }

bool ShowsUtf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::string_view locale = Variable(name);
    if (locale.empty()) continue;  // as setlocale does
    return locale.contains("UTF-8") || locale.contains("utf8") || locale.contains("UTF8");
  }
  return false;
}

std::size_t TerminalWidth(std::FILE* stream) {
  winsize size{};
  if (ioctl(fileno(stream), TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return std::max<std::size_t>(20, size.ws_col);
}

}  // namespace baokms::app
