// docs/key-usage.md.
#include "tests/runbooks/census.h"
#include "tests/runbooks/operator.h"

namespace baokms::runbooks {
namespace {

RUNBOOK_CASE("Runbook", "key-usage", "On a kubeadm node") {
  if (testing::SkippedWithoutEtcd()) {
    person.LeaveUndone();
    return;
  }
  Cluster cluster({kInterval});
  cluster.Rotate();
  const Etcd etcd(person);
  etcd.Hold(cluster[0], {.secrets = 5, .of_key_id = cluster.KeyIdOf(1)});
  etcd.Hold(cluster[0], {.secrets = 7, .of_key_id = cluster.KeyIdOf(2)});
  const std::string seen = person.Do("census", cluster[0]);
  CHECK(Has(seen, "keysScanned: 12\n"));
  CHECK(Has(seen, "retire: nothing"));
  const testing::Json report = testing::Json::parse(person.Do("json", cluster[0]), nullptr, false);
  REQUIRE(report.is_array());
  CHECK(report.empty());
}

}  // namespace
}  // namespace baokms::runbooks
