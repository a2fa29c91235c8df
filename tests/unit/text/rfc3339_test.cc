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
}  // namespace baokms::core
