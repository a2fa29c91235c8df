#include "core/model/credential_line.h"

#include <doctest/doctest.h>

#include <optional>
#include <string>
#include <utility>

namespace baokms::core {
namespace {

std::expected<Secret, LineProblem> Line(const std::string& content,
                                        BlanksBehind blanks = BlanksBehind::kRefuse) {
  return CredentialLine(Secret::Copy(content), blanks);
}
// nullopt: it is one.
std::optional<LineProblem> Problem(const std::string& content,
                                   BlanksBehind blanks = BlanksBehind::kRefuse) {
  const auto line = Line(content, blanks);
  return line ? std::nullopt : std::optional(line.error());
}

TEST_CASE("Credential line: line ends behind it are dropped and what they cut is wiped") {
  for (const char* behind : {"", "\n", "\r\n", "\r", "\n\n", "\r\n\r\n", "\n\r"}) {
    auto line = Line(std::string("a b") + behind);
    REQUIRE(line.has_value());
    CHECK(line->ExposeSecret() == "a b");
    CHECK(line->MutableBytes().size() == 3);
  }
}

TEST_CASE("Credential line: it is not empty and holds no line end and no NUL") {
  for (const std::string& content : {std::string(), std::string("\n"), std::string("\r\n\n"),
                                     std::string("a\nb"), std::string("a\rb\n"), std::string("\na"),
                                     std::string("a\0", 2), std::string("a\0\n", 3)}) {
    CHECK(Problem(content) == LineProblem::kNotOneLine);
    CHECK(Problem(content, BlanksBehind::kDrop) == LineProblem::kNotOneLine);
  }
}

TEST_CASE("Credential line: blanks at its ends are refused, or those behind it dropped") {
  for (const char* content : {"a ", "a\t", "a \r\n"}) {
    CHECK(Problem(content) == LineProblem::kOuterBlank);
    CHECK(Line(content, BlanksBehind::kDrop)->ExposeSecret() == "a");
  }
  for (const char* content : {" a", "\ta\n", " a "}) {
    CHECK(Problem(content) == LineProblem::kOuterBlank);
    CHECK(Problem(content, BlanksBehind::kDrop) == LineProblem::kOuterBlank);
  }
  CHECK(Problem(" ") == LineProblem::kOuterBlank);
  CHECK(Problem(" ", BlanksBehind::kDrop) == LineProblem::kNotOneLine);
}

TEST_CASE("Credential line: a byte order mark is told before all else") {
  for (const char* mark : {"\xEF\xBB\xBF", "\xFF\xFE", "\xFE\xFF"}) {
    for (const auto blanks : {BlanksBehind::kDrop, BlanksBehind::kRefuse}) {
      CHECK(Problem(mark, blanks) == LineProblem::kByteOrderMark);
      CHECK(Problem(std::string(mark) + "a \n b", blanks) == LineProblem::kByteOrderMark);
      CHECK(Problem("a" + std::string(mark), blanks) == std::nullopt);
    }
  }
  CHECK(Problem("\xEF\xBB") == std::nullopt);
}

}  // namespace
}  // namespace baokms::core
