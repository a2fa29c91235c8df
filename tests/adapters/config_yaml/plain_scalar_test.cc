#include "adapters/config_yaml/plain_scalar.h"

#include <doctest/doctest.h>

namespace {

using namespace baokms::adapters::config_yaml;

TEST_CASE("ReadPlainScalar: null, booleans, numbers and timestamps are told from text") {
  for (const char* text : {"", "~", "null", "Null", "NULL"}) {
    CHECK_MESSAGE(ReadPlainScalar(text) == ScalarReading::kNull, text);
  }
  for (const char* text : {"true", "False", "YES", "no", "On", "off", "y", "N"}) {
    CHECK_MESSAGE(ReadPlainScalar(text) == ScalarReading::kBoolean, text);
  }
  for (const char* text : {"0",        "-1",    "+12",   "010",  "0660",      "0x1F",     "0o17",
                           "0b101",    "1_000", "1.5",   ".5",   "1.",        "1e3",      "1E-3",
                           "-1.5e+10", ".inf",  "-.Inf", ".NaN", "190:20:30", "20:30.15", "1:59"}) {
    CHECK_MESSAGE(ReadPlainScalar(text) == ScalarReading::kNumber, text);
  }
  for (const char* text :
       {"2026-01-31", "2026-1-2", "2026-01-31T12:00:00Z", "2026-01-31t12:00:00+01:00",
        "2026-01-31 12:00:00", "2026-01-31 12:00:00.5 -3"}) {
    CHECK_MESSAGE(ReadPlainScalar(text) == ScalarReading::kTimestamp, text);
  }
  for (const char* text : {"a",
                           "30s",
                           "1h30m",
                           "v1alpha1",
                           "127.0.0.1:8081",
                           "127.0.0.1",
                           "1.2.3",
                           "0x",
                           "0xZZ",
                           "1e",
                           "e3",
                           "-",
                           "+",
                           ".",
                           "_",
                           "2026-01",
                           "2026-01-31-a",
                           "2026-01-31 b",
                           "nulls",
                           "truely",
                           "3f1c9a7e",
                           "/a",
                           "https://a",
                           "::1",
                           "1:a",
                           "prod:1"}) {
    CHECK_MESSAGE(ReadPlainScalar(text) == ScalarReading::kText, text);
  }
}

}  // namespace
