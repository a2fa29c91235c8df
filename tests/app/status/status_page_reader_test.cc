// The page /status, checked before it is believed.
#include "app/status/status_page_reader.h"

#include <doctest/doctest.h>

#include "adapters/health_http/status_page.h"
#include "tests/support/ports/full_status_reading.h"

namespace baokms::app {
TEST_CASE("Status page reader: what the provider writes is read as it is") {
  const std::string page = adapters::health_http::StatusPage(testing::FullStatusReading());
  const auto read = ReadStatusPage(page);
  REQUIRE(read.has_value());
  CHECK(*read == Report::parse(page));
}

TEST_CASE("Status page reader: a field of another type or a missing one is no page of ours") {
  const Report good =
      Report::parse(adapters::health_http::StatusPage(testing::FullStatusReading()));
  for (const auto& [name, value] : good.items()) {
    CAPTURE(name);
    Report changed = good;
    changed[name] = Report::object({{"x", 1}});
    CHECK_FALSE(ReadStatusPage(changed.dump()).has_value());
    changed[name] = nullptr;
    CHECK_FALSE(ReadStatusPage(changed.dump()).has_value());
  }
  for (const char* name : {"name", "live", "ready", "reasons"}) {
    CAPTURE(name);
    Report changed = good;
    changed.erase(name);
    CHECK_FALSE(ReadStatusPage(changed.dump()).has_value());
  }
  Report negative = good;
  negative["tokenSecondsLeft"] = -1;
  CHECK_FALSE(ReadStatusPage(negative.dump()).has_value());
  for (const auto large : {(std::uint64_t(1) << 53) + 1, ~std::uint64_t(0)}) {
    Report huge = good;
    huge["tokenSecondsLeft"] = large;
    CHECK_FALSE(ReadStatusPage(huge.dump()).has_value());
  }
  Report other = good;
  other["name"] = "probe";
  CHECK_FALSE(ReadStatusPage(other.dump()).has_value());
}

TEST_CASE("Status page reader: unknown fields are left out and other programs refused") {
  Report more = Report::parse(adapters::health_http::StatusPage(testing::FullStatusReading()));
  more["future"] = "x";
  more["deepProbe"]["future"] = 1;
  const auto read = ReadStatusPage(more.dump());
  REQUIRE(read.has_value());
  CHECK_FALSE(read->contains("future"));
  CHECK_FALSE(read->at("deepProbe").contains("future"));
  for (const char* body : {"", "{}", "[]", "<html></html>", R"({"status":"ok"})", "{\"name\":"}) {
    CHECK_FALSE(ReadStatusPage(body).has_value());
  }
  CHECK_FALSE(ReadStatusPage(std::string(70'000, ' ') + more.dump()).has_value());
}

}  // namespace baokms::app
