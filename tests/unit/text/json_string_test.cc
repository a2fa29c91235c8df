#include "core/text/json_string.h"

#include <doctest/doctest.h>

namespace baokms::core {

using namespace std::string_literals;

TEST_CASE("JsonString: escapes what Go escapes and nothing else") {
  CHECK(JsonString("a\"b\\c") == R"("a\"b\\c")");
  CHECK(JsonString("\n\r\t\b\f") == R"("\n\r\t\b\f")");
  CHECK(JsonString("\0\x01\x1f\v"s) == R"("\u0000\u0001\u001f\u000b")");
  CHECK(JsonString("<>&") == R"("\u003c\u003e\u0026")");
  CHECK(JsonString("\u2028\u2029") == R"("\u2028\u2029")");
  CHECK(JsonString("\u2027\u202a\x7f/'\u00e9\u65e5\U0001f600") ==
        "\"\u2027\u202a\x7f/'\u00e9\u65e5\U0001f600\"");
  CHECK(JsonString("") == "\"\"");
  CHECK(JsonString("\xe2\x80") == "\"\xe2\x80\"");
}

}  // namespace baokms::core
