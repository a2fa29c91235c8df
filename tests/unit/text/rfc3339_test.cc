#include "core/text/rfc3339.h"

#include <doctest/doctest.h>

namespace baokms::core {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::sys_seconds;
using std::chrono::sys_time;

std::string OfSeconds(std::int64_t at) { return Rfc3339(sys_seconds(seconds(at))); }
std::string OfMilliseconds(std::int64_t at) {
  return Rfc3339(sys_time<milliseconds>(milliseconds(at)));
}

TEST_CASE("Rfc3339: seconds of the UNIX clock in UTC") {
  CHECK(OfSeconds(0) == "1970-01-01T00:00:00Z");
  CHECK(OfSeconds(1767323045) == "2026-01-02T03:04:05Z");
  CHECK(OfSeconds(951782399) == "2000-02-28T23:59:59Z");
  CHECK(OfSeconds(951782400) == "2000-02-29T00:00:00Z");
  CHECK(OfSeconds(253402300799) == "9999-12-31T23:59:59Z");
}

TEST_CASE("Rfc3339: before 1970 the second and the year are still whole") {
  CHECK(OfSeconds(-1) == "1969-12-31T23:59:59Z");
  CHECK(OfSeconds(-62135596800) == "0001-01-01T00:00:00Z");
}

TEST_CASE("Rfc3339: milliseconds have three digits and count forward before 1970 too") {
  CHECK(OfMilliseconds(1767323045008) == "2026-01-02T03:04:05.008Z");
  CHECK(OfMilliseconds(1767323045000) == "2026-01-02T03:04:05.000Z");
  CHECK(OfMilliseconds(-1) == "1969-12-31T23:59:59.999Z");
}

}  // namespace
TEST_CASE("RFC 3339: what was written is read again and nothing else is") {
  for (const char* text :
       {"1970-01-01T00:00:00Z", "2024-02-29T23:59:59Z", "9999-12-31T23:59:59Z"}) {
    const auto at = ParseRfc3339(text);
    REQUIRE(at);
    CHECK(Rfc3339(*at) == text);
  }
  for (const char* text :
       {"", "2023-02-29T00:00:00Z", "2023-13-01T00:00:00Z", "2023-01-01T24:00:00Z",
        "2023-01-01T00:60:00Z", "2023-01-01T00:00:60Z", "2023-01-01 00:00:00Z",
        "2023-01-01T00:00:00", "2023-01-01T00:00:00z", "2023-01-01T00:00:00ZZ",
        "2023-01-0xT00:00:00Z", "+023-01-01T00:00:00Z", "2023/01/01T00:00:00Z"}) {
    CHECK_MESSAGE(!ParseRfc3339(text), text);
  }
}

}  // namespace baokms::core
