// How reports are shown (reports-and-labels.md).
#include "app/reports/report.h"

#include <doctest/doctest.h>

namespace baokms::app {

TEST_CASE("Report: output is text or json whatever its case and the blanks around it") {
  for (const char* text : {"text", " text", "TEXT\n", "\tTexT "}) {
    CHECK(ParseOutputFormat(text) == OutputFormat::kText);
  }
  for (const char* json : {"json", "JSON", " Json\r\n"}) {
    CHECK(ParseOutputFormat(json) == OutputFormat::kJson);
  }
  for (const char* other : {"", " ", "yaml", "te xt", "jsonl", "text,json"}) {
    CHECK_FALSE(ParseOutputFormat(other).has_value());
  }
}

TEST_CASE("Report: JSON keeps the order of fields with two spaces and a newline at the end") {
  Report report = Report::object();
  report["zeta"] = "z";
  report["alpha"] = 7;
  report["list"] = Report::array();
  report["yes"] = true;
  CHECK(RenderJson(report) ==
        "{\n  \"zeta\": \"z\",\n  \"alpha\": 7,\n  \"list\": [],\n  \"yes\": true\n}\n");
  // Whatever comes in, a report is printed.
  report = Report{{"name", "\xff"}};
  CHECK(RenderJson(report) == "{\n  \"name\": \"\xEF\xBF\xBD\"\n}\n");
}

TEST_CASE("Report: text is a line for each field and each text of a list and none for objects") {
  Report report = Report::object();
  report["name"] = "a report";
  report["count"] = 0;
  report["ok"] = false;
  report["removed"] = Report::array({Report{{"version", 1}}});
  report["limits"] = {"one", "two"};
  report["none"] = Report::array();
  CHECK(RenderFields(report) == "name: a report\ncount: 0\nok: false\nlimits: one\nlimits: two\n");
}

}  // namespace baokms::app
