#include "core/text/utf8.h"

#include <doctest/doctest.h>

#include <string_view>

namespace baokms::core {
namespace {

TEST_CASE("IsValidUtf8: valid text of every length of sequence") {
  for (const char* text :
       {"", "plain", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
        "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "a\u00e9\u65e5\U0001f600z"}) {
    CHECK(IsValidUtf8(text));
  }
  CHECK(IsValidUtf8(std::string_view("\0", 1)));
}

TEST_CASE("IsValidUtf8: overlong forms and surrogates and cut sequences are refused") {
  for (const char* text : {"\xc0\x80",
                           "\xc1\xbf",
                           "\xe0\x80\x80",
                           "\xe0\x9f\xbf",
                           "\xf0\x80\x80\x80",
                           "\xf0\x8f\xbf\xbf",  // overlong
                           "\xed\xa0\x80",
                           "\xed\xbf\xbf",  // surrogates
                           "\xf4\x90\x80\x80",
                           "\xf7\xbf\xbf\xbf",  // above U+10FFFF
                           "\xf8\x88\x80\x80\x80",
                           "\xfe",
                           "\xff",  // no such lead
                           "\x80",
                           "\xbf",
                           "a\x80",  // no lead
                           "\xc2",
                           "\xe1\x80",
                           "\xf1\x80\x80",
                           "\xf1",  // cut
                           "\xc2z",
                           "\xe1\x80z",
                           "\xf1\x80\x80z",
                           "\xc2\xc2\x80"}) {
    CHECK_FALSE(IsValidUtf8(text));
  }
}

TEST_CASE("TakeCodePoint: moves behind what it took, and stays where nothing valid begins") {
  const std::string_view text = "a\u00e9\u20ac\U0001f600\xff";
  std::size_t at = 0;
  CHECK(TakeCodePoint(text, at) == U'a');
  CHECK(TakeCodePoint(text, at) == U'\u00e9');
  CHECK(TakeCodePoint(text, at) == U'\u20ac');
  CHECK(TakeCodePoint(text, at) == U'\U0001f600');
  CHECK(at == 10);
  CHECK(TakeCodePoint(text, at) == std::nullopt);
  CHECK(at == 10);
}

TEST_CASE("IsControl: C0 and DEL and C1 and nothing else") {
  for (char32_t point = 0; point < 0x100; ++point) {
    CAPTURE(static_cast<unsigned>(point));
    CHECK(IsControl(point) == (point < 0x20 || point == 0x7F || (point > 0x7F && point < 0xA0)));
  }
  CHECK_FALSE(IsControl(U'\u2028'));
}

}  // namespace
}  // namespace baokms::core
