#include "core/model/credential_line.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace baokms::core {
namespace {

using namespace std::string_view_literals;

constexpr std::array kByteOrderMarks = {"\xEF\xBB\xBF"sv, "\xFF\xFE"sv, "\xFE\xFF"sv};

bool IsBlank(char c) { return c == ' ' || c == '\t'; }

}  // namespace

std::expected<Secret, LineProblem> CredentialLine(Secret content, BlanksBehind blanks) {
  const std::string_view text = content.ExposeSecret();
  if (std::ranges::any_of(kByteOrderMarks, [&](auto mark) { return text.starts_with(mark); })) {
    return std::unexpected(LineProblem::kByteOrderMark);
  }
  const std::string_view dropped = blanks == BlanksBehind::kDrop ? "\r\n \t"sv : "\r\n"sv;
  content.Truncate(text.find_last_not_of(dropped) + 1);
  const std::string_view line = content.ExposeSecret();
  if (line.empty() || line.find_first_of("\0\r\n"sv) != std::string_view::npos) {
    return std::unexpected(LineProblem::kNotOneLine);
  }
  if (IsBlank(line.front()) || IsBlank(line.back())) {
    return std::unexpected(LineProblem::kOuterBlank);
  }
  return content;
}

}  // namespace baokms::core
