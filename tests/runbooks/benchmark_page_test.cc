// docs/benchmark.md.
#include "tests/e2e/support/report_schema.h"
#include "tests/runbooks/operator.h"

namespace baokms::runbooks {
namespace {

RUNBOOK_CASE("Runbook", "benchmark", "Measure") {
  Cluster cluster({kInterval});
  const std::string alone = person.Do("alone", cluster[0]);
  CHECK(alone.starts_with("iterations: 200\n"));
  CHECK(Has(alone, "socket_status: measured"));
  const std::string loaded = person.Do("load", cluster[0]);
  CHECK(Has(loaded, "concurrency: 16"));
  CHECK(Has(loaded, "socket_concurrency: 16"));
  e2e::CheckReportFits("benchmark", person.Do("json", cluster[0]));
}

}  // namespace
}  // namespace baokms::runbooks
