#include "app/init/shell_quoted.h"

namespace baokms::app {

std::string ShellQuoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + "'";
}

std::string ShellAssignment(std::string_view name, std::string_view value) {
  return std::string(name) + "=" + ShellQuoted(value) + "\n";
}

}  // namespace baokms::app
