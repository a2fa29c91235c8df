#include "adapters/config_yaml/go_duration.h"

#include <doctest/doctest.h>

namespace {

using namespace baokms::adapters::config_yaml;
using namespace std::chrono_literals;

TEST_CASE("ParseGoDuration: reads what Go reads") {
  CHECK(ParseGoDuration("2s") == 2s);
  CHECK(ParseGoDuration("1h30m") == 90min);
  CHECK(ParseGoDuration("500ms") == 500ms);
  CHECK(ParseGoDuration("1.5h") == 90min);
  CHECK(ParseGoDuration(".5s") == 500ms);
  CHECK(ParseGoDuration("1.s") == 1s);
  CHECK(ParseGoDuration("-1m") == -1min);
  CHECK(ParseGoDuration("+1m") == 1min);
  CHECK(ParseGoDuration("0s") == 0s);
  CHECK(ParseGoDuration("1us1ns") == 1001ns);
  CHECK(ParseGoDuration("1\xC2\xB5s") == 1us);
  CHECK(ParseGoDuration("1\xCE\xBCs") == 1us);
  CHECK(ParseGoDuration("1m1m") == 2min);
  CHECK(ParseGoDuration("0.000000001s") == 1ns);
  CHECK(ParseGoDuration("9223372036854775807ns")->count() == INT64_MAX);
}

TEST_CASE("ParseGoDuration: refuses everything else") {
  for (const char* text : {"",
                           "0",
                           "2",
                           "s",
                           "-",
                           "+",
                           ".s",
                           "2 s",
                           " 2s",
                           "2s ",
                           "2S",
                           "2d",
                           "1h30",
                           "1e3s",
                           "--1s",
                           "2s,",
                           "9223372036854775808ns",
                           "2562048h",
                           "9223372036s9223372036s",
                           "99999999999999999999s",
                           "1..5s"}) {
    CHECK_MESSAGE(!ParseGoDuration(text).has_value(), text);
  }
}

TEST_CASE("FormatGoDuration: is read back as the same duration") {
  CHECK(FormatGoDuration(0s) == "0s");
  CHECK(FormatGoDuration(90min) == "1h30m");
  CHECK(FormatGoDuration(60s) == "1m");
  CHECK(FormatGoDuration(1500ms) == "1s500ms");
  CHECK(FormatGoDuration(-90s) == "-1m30s");
  for (const auto duration : {1ns, 999'999'999ns, 3'600'000'000'001ns, -5ns}) {
    CHECK(ParseGoDuration(FormatGoDuration(duration)) == duration);
  }
}

}  // namespace
