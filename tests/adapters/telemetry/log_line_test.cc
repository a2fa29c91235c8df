#include "adapters/telemetry/log_line.h"

#include <doctest/doctest.h>

#include <string>

namespace baokms::adapters::telemetry {
namespace {

constexpr std::chrono::system_clock::time_point kAt(std::chrono::milliseconds(1767323045008));

std::string Json(std::string_view value) {
  LogLine line(core::LogFormat::kJson, kAt, core::LogLevel::kError, "m");
  const std::string text = std::move(line.Text("v", value)).Finish();
  const std::string prefix = R"({"ts":"2026-01-02T03:04:05.008Z","level":"ERROR","message":"m")";
  REQUIRE(text.starts_with(prefix));
  return text.substr(prefix.size());
}

TEST_CASE("LogLine: JSON values are escaped") {
  CHECK(Json("plain") == R"(,"v":"plain"})");
  CHECK(Json("a\"b\\c/d") == R"(,"v":"a\"b\\c/d"})");
  CHECK(Json(std::string("a\n\0\x1f\x7f", 5)) == R"(,"v":"a\u000a\u0000\u001f\u007f"})");
  CHECK(Json("\xC3\xA4 \xE2\x82\xAC \xF0\x9F\x94\x91") ==
        ",\"v\":\"\xC3\xA4 \xE2\x82\xAC \xF0\x9F\x94\x91\"}");
}

TEST_CASE("LogLine: bytes that are no UTF-8 become the replacement character") {
  CHECK(Json("\xFF") == R"(,"v":"\ufffd"})");
  CHECK(Json("\xC3") == R"(,"v":"\ufffd"})");
  CHECK(Json("\xC0\xAF") == R"(,"v":"\ufffd\ufffd"})");            // overlong
  CHECK(Json("\xED\xA0\x80") == R"(,"v":"\ufffd\ufffd\ufffd"})");  // surrogate
  CHECK(Json("\xE0\x80\x80") == R"(,"v":"\ufffd\ufffd\ufffd"})");  // overlong
  CHECK(Json("\xF4\x90\x80\x80") == R"(,"v":"\ufffd\ufffd\ufffd\ufffd"})");
  CHECK(Json("\xE2\x82x") == R"(,"v":"\ufffd\ufffdx"})");
}

TEST_CASE("LogLine: long values are cut") {
  CHECK(Json(std::string(1000, 'x')) == ",\"v\":\"" + std::string(256, 'x') + "\"}");
}

TEST_CASE("LogLine: empty fields are left out and zero durations are not") {
  LogLine line(core::LogFormat::kJson, kAt, core::LogLevel::kDebug, "m");
  line.Text("t", "").Number("n", 0).Flag("f", false).Milliseconds("d", core::Duration(0));
  CHECK(std::move(line).Finish() ==
        R"({"ts":"2026-01-02T03:04:05.008Z","level":"DEBUG","message":"m","d":0.000})");
}

TEST_CASE("LogLine: numbers, flags and durations are no text") {
  LogLine line(core::LogFormat::kJson, kAt, core::LogLevel::kWarn, "m");
  line.Number("n", -7).Flag("f", true).Milliseconds("d", std::chrono::microseconds(12345));
  CHECK(
      std::move(line).Finish() ==
      R"({"ts":"2026-01-02T03:04:05.008Z","level":"WARN","message":"m","n":-7,"f":true,"d":12.345})");
}

TEST_CASE("LogLine: text lines hold the same fields and quote what needs it") {
  LogLine line(core::LogFormat::kText, kAt, core::LogLevel::kInfo, "m");
  line.Text("a", "x y").Text("b", "p=q").Text("c", "plain").Number("n", 3).Flag("f", true);
  CHECK(std::move(line).Finish() ==
        R"(ts=2026-01-02T03:04:05.008Z level=INFO message=m a="x y" b="p=q" c=plain n=3 f=true)");
}

}  // namespace
}  // namespace baokms::adapters::telemetry
