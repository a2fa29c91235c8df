#include "app/reports/report.h"

#include <algorithm>
#include <cctype>
#include <cstdio>

namespace baokms::app {
namespace {

bool IsBlank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

void AppendLine(std::string& text, const std::string& name, const Report& value) {
  text += name + ": " + (value.is_string() ? value.get<std::string>() : value.dump()) + '\n';
}

}  // namespace

std::optional<OutputFormat> ParseOutputFormat(std::string_view text) {
  while (!text.empty() && IsBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
  std::string word(text);
  std::ranges::transform(word, word.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (word == "text") return OutputFormat::kText;
  if (word == "json") return OutputFormat::kJson;
  return std::nullopt;
}

std::string RenderJson(const Report& report) {
  // Only our own words and numbers are in it; a byte that is no UTF-8 must still not throw.
  return report.dump(2, ' ', /*ensure_ascii=*/false, Report::error_handler_t::replace) + '\n';
}

std::string RenderFields(const Report& report) {
  std::string text;
  for (const auto& [name, value] : report.items()) {
    if (!value.is_array()) {
      AppendLine(text, name, value);
      continue;
    }
    for (const Report& entry : value) {
      if (!entry.is_object()) AppendLine(text, name, entry);
    }
  }
  return text;
}

ExitCode FailCheck(std::string_view command, std::string_view why) {
  const std::string line = std::string(command).append(": ").append(why).append("\n");
  std::fputs(line.c_str(), stderr);
  return ExitCode::kCheckFailed;
}

}  // namespace baokms::app
