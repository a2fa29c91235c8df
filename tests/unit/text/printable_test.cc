#include "core/text/printable.h"

#include <doctest/doctest.h>

namespace baokms::core {
namespace {

using std::string_view_literals::operator""sv;

TEST_CASE("Printable: plain ASCII and its backslash stay") {
  for (const Kept kept : {Kept::kAscii, Kept::kUtf8}) {
    CHECK(Printable("", kept).empty());
    CHECK(Printable(" az~\\x", kept) == " az~\\x");
  }
}

TEST_CASE("Printable: control characters are shown byte by byte") {
  for (const Kept kept : {Kept::kAscii, Kept::kUtf8}) {
    CHECK(Printable("\0\n\x1b[2J\x1f\x7f"sv, kept) == "\\x00\\x0a\\x1b[2J\\x1f\\x7f");
    CHECK(Printable("\xc2\x80\xc2\x9f", kept) == "\\xc2\\x80\\xc2\\x9f");  // C1
  }
}

TEST_CASE("Printable: what is no UTF-8 is shown, and what follows it is read anew") {
  for (const Kept kept : {Kept::kAscii, Kept::kUtf8}) {
    CHECK(Printable("a\xff z", kept) == "a\\xff z");
    CHECK(Printable("\xe2\x82", kept) == "\\xe2\\x82");           // cut
    CHECK(Printable("\xc0\xaf!", kept) == "\\xc0\\xaf!");         // overlong
    CHECK(Printable("\xed\xa0\x80", kept) == "\\xed\\xa0\\x80");  // surrogate
  }
  CHECK(Printable("\xe2\u00e9", Kept::kUtf8) == "\\xe2\u00e9");
}

TEST_CASE("Printable: other characters stay as UTF-8 and are shown as ASCII") {
  CHECK(Printable("\u00a0\u00e9\u20ac\U0001f600", Kept::kUtf8) == "\u00a0\u00e9\u20ac\U0001f600");
  CHECK(Printable("k\u00e9y", Kept::kAscii) == "k\\xc3\\xa9y");
}

}  // namespace
}  // namespace baokms::core
