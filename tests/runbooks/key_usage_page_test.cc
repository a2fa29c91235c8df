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

RUNBOOK_CASE("Runbook", "key-usage", "In a pipeline") {
  if (testing::SkippedWithoutEtcd()) {
    person.LeaveUndone();
    return;
  }
  Cluster cluster({kInterval});
  Node& node = cluster[0];
  const testing::TempDirectory& directory = node.config.directory();
  const testing::Json& scope = node.config.tree.at("transit").at("keyIdScope");
  directory.Write("encryption-config.yaml",
                  "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\n"
                  "resources:\n  - resources: [secrets]\n    providers:\n      - kms:\n"
                  "          apiVersion: v2\n          name: " +
                      scope.at("providerName").get<std::string>() +
                      "\n          endpoint: unix:///run/openbao-kms/kms.sock\n",
                  0600);
  person.Substitute("/etc/kubernetes/encryption/encryption-config.yaml",
                    directory.File("encryption-config.yaml"));
  person.Substitute("/var/lib/prometheus/node-exporter/openbao-kms.prom",
                    directory.File("openbao-kms.prom"));
  const Etcd etcd(person);
  etcd.Hold(node, {.secrets = 5, .of_key_id = cluster.KeyIdOf(1)});
  person.Do("pipeline", node);
  CHECK(Has(testing::ReadWholeFile(directory.File("openbao-kms.prom")),
            "openbao_kms_key_usage_old_version_objects 0\n"));
  cluster.Rotate();
  CHECK(Has(person.Do("pipeline", node, 4), "--fail-on old-version: 5 objects"));
}

RUNBOOK_CASE("Runbook", "key-usage", "Following a rewrite") {
  if (testing::SkippedWithoutEtcd()) {
    person.LeaveUndone();
    return;
  }
  Cluster cluster({kInterval});
  const Etcd etcd(person);
  etcd.Hold(cluster[0], {.secrets = 5, .of_key_id = cluster.KeyIdOf(1)});
  CHECK(Has(person.Do("watch", cluster[0]), "  0 objects left to rewrite\n"));
}

}  // namespace
}  // namespace baokms::runbooks
