// Reading what a node said of itself, and how nodes are called.
#include "app/nodes/node_status.h"

#include <doctest/doctest.h>

#include "adapters/health_http/status_page.h"
#include "app/nodes/node_names.h"
#include "app/reports/report.h"
#include "tests/support/ports/full_status_reading.h"

namespace baokms::app {
namespace {

std::string Page() { return adapters::health_http::StatusPage(testing::FullStatusReading()); }

std::string WhyNot(const std::string& text) {
  const auto read = ParseNodeStatus("a", text);
  REQUIRE_FALSE(read);
  CHECK(read.error().contains("take it with `bao-kms-provider status --output json`"));
  return read.error();
}

}  // namespace

TEST_CASE("Node status: the page and the report of status are read whole") {
  Report report = Report::parse(Page());
  for (const char* source : {"", "health", "socket", "none"}) {
    if (*source != 0) report["source"] = source;
    const auto read = ParseNodeStatus("a", report.dump());
    REQUIRE(read);
    CHECK(read->node == "a");
    CHECK(read->source == (*source != 0 ? source : "health"));
    CHECK(read->taken_at == 1'699'999'800);
    CHECK(read->program_version == "v0.1.0");
    CHECK(read->identity_fingerprint == "cfg1.gQ_yp6rHXFkWIp5Mit70k-8OWi65DQKVcYBzzdXbo_Y");
    CHECK(read->ready);
    CHECK(read->reasons == std::vector<std::string>{"retired_version_undecryptable"});
    CHECK(read->version == 3);
    CHECK(read->key_id_hash == "hash3");
    CHECK(read->pending_version == 4);
    CHECK(read->pending_key_id_hash == "hash4");
    CHECK(read->pending_promotes_after == 1'700'000'000);
  }
}

TEST_CASE("Node status: what is not there is not known") {
  const auto read =
      ParseNodeStatus("a", R"({"name":"status","live":false,"ready":false,"reasons":[]})");
  REQUIRE(read);
  CHECK_FALSE(read->taken_at);
  CHECK(read->identity_fingerprint.empty());
  CHECK(read->version == 0);
  CHECK_FALSE(read->pending_promotes_after);
}

TEST_CASE("Node status: what is no status is refused with what it is") {
  CHECK(WhyNot("").starts_with("is not JSON, or was cut off"));
  CHECK(WhyNot("ready: yes\nactive: version 1\n").starts_with("is not JSON"));
  CHECK(WhyNot(Page().substr(0, 100)).starts_with("is not JSON"));
  CHECK(WhyNot("[]").starts_with("is not what a provider says of itself"));
  CHECK(WhyNot(R"({"name":"rotation-plan"})").starts_with("is the report of rotation-plan"));
  CHECK(WhyNot(R"({"name":"a\u001b[2J"})").starts_with("is the report of a\\x1b[2J"));
  for (const char* field : {"takenAt", "pendingPromotesAfter", "source"}) {
    CAPTURE(field);
    Report report = Report::parse(Page());
    report[field] = "yesterday";
    CHECK(WhyNot(report.dump()).starts_with("is not what a provider says of itself"));
    report[field] = 1;
    CHECK(WhyNot(report.dump()).starts_with("is not what a provider says of itself"));
  }
}

TEST_CASE("Node names: the file's name unless another file has it too") {
  CHECK(NodeNames({"node-1.json", "/tmp/node-2.json", "c"}) ==
        std::vector<std::string>{"node-1", "node-2", "c"});
  CHECK(NodeNames({"a/status.json", "b/status.json", "node-3.json", ".json"}) ==
        std::vector<std::string>{"a/status.json", "b/status.json", "node-3", ".json"});
  CHECK(NodeNames({"a\x1b[2J"}) == std::vector<std::string>{"a\\x1b[2J"});
}

}  // namespace baokms::app
