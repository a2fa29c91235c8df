#include "app/reports/wrapped_text.h"

#include <algorithm>

namespace baokms::app {

std::vector<std::string> Wrap(std::string_view text, std::size_t width) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    std::string_view paragraph = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(paragraph.size() + 1, text.size()));
    std::string line;
    while (!paragraph.empty()) {
      const std::string_view word = paragraph.substr(0, paragraph.find(' '));
      paragraph.remove_prefix(std::min(word.size() + 1, paragraph.size()));
      if (!line.empty() && line.size() + 1 + word.size() > width) {
        lines.push_back(std::move(line));
        line.clear();
      }
      if (!line.empty()) line += ' ';
      line += word;
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

std::string WrapUnder(std::string_view text, std::size_t at, std::size_t indent,
                      std::size_t width) {
  std::string lines;
  bool first_of_line = at == indent;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    if (!first_of_line && at + 1 + word.size() > width) {
      lines.append("\n").append(indent, ' ');
      at = indent;
      first_of_line = true;
    }
    if (!first_of_line) {
      lines += ' ';
      ++at;
    }
    lines += word;
    at += word.size();
    first_of_line = false;
  }
  return lines + '\n';
}

}  // namespace baokms::app
