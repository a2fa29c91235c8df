// The dashboard against the code's table of metrics; dashboard_run_test.cc asks a real Prometheus.
#include "tests/monitoring/dashboard.h"

#include <doctest/doctest.h>

#include <set>

#include "adapters/telemetry/metric_table.h"
#include "tests/monitoring/metric_words.h"
#include "tests/monitoring/rule_files.h"

namespace baokms::monitoring {
namespace {

using Texts = std::vector<std::string>;

std::set<std::string> Recorded() {
  std::set<std::string> names;
  for (const RecordingRule& rule : ReadRecordings()) names.insert(rule.name);
  return names;
}

TEST_CASE("Dashboard: rows and titles and texts and places are in order") {
  const Dashboard dashboard = ReadDashboard();
  CHECK(dashboard.problems == Texts{});
  CHECK(dashboard.rows == Texts{"Health", "KMS calls", "OpenBao", "Key and rotation",
                                "Token and certificate", "Process"});
  CHECK(dashboard.variables.size() == 2);
}

TEST_CASE("Dashboard: every metric and label is one that the code has") {
  const Dashboard dashboard = ReadDashboard();
  for (const DashboardQuery& query : dashboard.queries) {
    CAPTURE(query.panel);
    CHECK(UnknownWords(query.expression, Recorded()) == Texts{});
  }
  for (const Texts& texts : {dashboard.variables, dashboard.annotations}) {
    for (const std::string& text : texts) CHECK(UnknownWords(text, Recorded()) == Texts{});
  }
}

TEST_CASE("Dashboard: every metric of the code is on it or in a rule") {
  std::set<std::string> used;
  for (const DashboardQuery& query : ReadDashboard().queries) {
    used.merge(MetricsIn(query.expression));
  }
  for (const RecordingRule& rule : ReadRecordings()) used.merge(MetricsIn(rule.expression));
  // Memory that is mapped and not used says nothing about this program.
  const std::set<std::string> kLeftOut = {"process_virtual_memory_bytes",
                                          "process_virtual_memory_max_bytes"};
  for (const adapters::telemetry::MetricFact& fact : adapters::telemetry::kMetricTable) {
    CHECK_MESSAGE(used.contains(fact.name) != kLeftOut.contains(fact.name), fact.name);
  }
}

}  // namespace
}  // namespace baokms::monitoring
