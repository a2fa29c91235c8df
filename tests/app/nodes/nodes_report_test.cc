// The table and the JSON of `nodes compare`.
#include "app/nodes/nodes_report.h"

#include <doctest/doctest.h>

namespace baokms::app {
namespace {

constexpr core::UnixSeconds kShown = 1'700'000'000;

std::vector<NodeStatus> TwoNodes() {
  return {{.node = "node-1",
           .source = "health",
           .taken_at = kShown - 75,
           .program_version = "v0.1.0",
           .identity_fingerprint = "cfg1.gQ_yp6rHXFkWIp5Mit70k-8OWi65DQKVcYBzzdXbo_Y",
           .ready = true,
           .version = 2,
           .key_id_hash = "0wloEL5oqockz0Goo7FBrtAVN8w04wyCJD4AfGofFZQ",
           .pending_version = 3},
          {.node = "n2", .source = "none"}};
}

}  // namespace

TEST_CASE("Nodes report: a line for each node and then what differs and what to do") {
  const Comparison comparison{
      .differences = {{.field = "activeKeyIdHash", .message = "it differs", .advice = "mend it"}},
      .warnings = {"look"}};
  CHECK(DescribeNodes(TwoNodes(), comparison, kShown) ==
        "node    ready      version  pending  key_id hash     fingerprint     program  age\n"
        "node-1  yes        2        3        0wloEL5oqock..  cfg1.gQ_yp6r..  v0.1.0   1 min 15 s\n"
        "n2      no answer  -        -        -               -               -        -\n"
        "differs: it differs\n"
        "    mend it\n"
        "warning: look\n");
}

TEST_CASE("Nodes report: agreement is said with the version where it is known") {
  std::vector<NodeStatus> nodes = TwoNodes();
  CHECK(DescribeNodes(nodes, {}, kShown)
            .ends_with("all 2 nodes encrypt under version 2 and the same key_id\n"));
  nodes[0].version = 0;
  CHECK(DescribeNodes(nodes, {}, kShown).ends_with("all 2 nodes encrypt under the same key_id\n"));
}

TEST_CASE("Nodes report: the JSON has what is known of each node and leaves out the rest") {
  const Report report = ReportNodes(TwoNodes(), {}, kShown);
  CHECK(report.at("name") == "nodes-compare");
  CHECK(report.at("comparedAt") == "2023-11-14T22:13:20Z");
  CHECK(report.at("equal") == true);
  CHECK(report.at("differences") == Report::array());
  CHECK(report.at("warnings") == Report::array());
  const Report& first = report.at("nodes").at(0);
  CHECK(first.at("ageSeconds") == 75);
  CHECK(first.at("activeTransitVersion") == 2);
  CHECK(first.at("pendingTransitVersion") == 3);
  CHECK_FALSE(first.contains("pendingKeyIdHash"));
  CHECK(report.at("nodes").at(1) ==
        Report::parse(R"({"node":"n2","source":"none","ready":false,"reasons":[]})"));
  const Report unequal = ReportNodes(TwoNodes(),
                                     {.differences = {{.field = "activeTransitVersion",
                                                       .message = "m",
                                                       .advice = "a",
                                                       .explained_by_pending = true}},
                                      .warnings = {"w"}},
                                     kShown);
  CHECK(unequal.at("equal") == false);
  CHECK(unequal.at("differences") ==
        Report::parse(R"([{"field":"activeTransitVersion","message":"m","advice":"a",)"
                      R"("explainedByPending":true}])"));
  CHECK(unequal.at("warnings") == Report::parse(R"(["w"])"));
}

}  // namespace baokms::app
