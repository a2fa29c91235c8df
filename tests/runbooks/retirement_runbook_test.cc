// docs/runbooks/retirement.md.
#include <chrono>
#include <fstream>

#include "core/text/rfc3339.h"
#include "tests/runbooks/census.h"
#include "tests/runbooks/operator.h"

namespace baokms::runbooks {
namespace {

using e2e::Milliseconds;
using e2e::VersionsIn;

// Two nodes with version 3 active, as the page's example.
struct RotatedCluster : Cluster {
  RotatedCluster() : Cluster({kInterval, kInterval}) {
    Rotate();
    Rotate();
  }
  std::vector<int> Versions(std::size_t node, std::string_view state) {
    return VersionsIn(e2e::ReadState((*this)[node].config), state);
  }
};

RUNBOOK_CASE("Runbook", "retirement", "Evidence first") {
  RotatedCluster cluster;
  person.Store("an object", "a value", cluster[0]);
  const std::string seen = person.Do("look", cluster[0]);
  CHECK(Has(seen, "openbao_kms_key_version 3"));
  CHECK(Has(person.Do("rewrite", cluster[0]), "secret/an object replaced"));
  CHECK(Has(person.Do("apiserver-metrics", cluster[0]), "from_storage"));
  if (testing::SkippedWithoutEtcd()) {
    person.LeaveUndone();
    return;
  }
  const Etcd etcd(person);
  etcd.Hold(cluster[0], {.secrets = 5, .of_key_id = cluster.KeyIdOf(3)});
  CHECK(Has(person.Do("census", cluster[0]), "--before-version 3 removes exactly these versions"));
}

// The page waits five minutes here; the report says that it did.
void MakeLater(const std::string& report_file, const Node& node) {
  testing::Json report = testing::Json::parse(testing::ReadWholeFile(report_file));
  const testing::Json state = e2e::ReadState(node.config);
  for (const testing::Json& version : state.at("snapshots")) {
    if (version.at("state") != "active") continue;
    const std::chrono::seconds promoted(version.at("promotedAtUnix").get<std::int64_t>());
    report["takenAt"] = core::Rfc3339(std::chrono::sys_seconds(promoted + std::chrono::minutes(5)));
  }
  std::ofstream(report_file) << report.dump();
}

RUNBOOK_CASE("Runbook", "retirement", "Retire on each node") {
  RotatedCluster cluster;
  if (testing::SkippedWithoutEtcd()) {
    person.LeaveUndone();
    return;
  }
  person.Store("kept", "a value", cluster[0]);
  const Etcd etcd(person);
  etcd.Hold(cluster[0], {.secrets = 5, .of_key_id = cluster.KeyIdOf(3)});
  const std::string report = cluster[0].config.directory().File("key-usage.json");
  person.Substitute("/var/lib/openbao-kms/key-usage.json", report);
  for (std::size_t n = 0; n < 2; ++n) {
    Node& node = cluster[n];
    person.Do("evidence", node);
    MakeLater(report, node);
    const e2e::StateFiles before = e2e::ReadStateFiles(node.config);
    const std::string plan = person.Do("plan", node);
    CHECK(e2e::ReadStateFiles(node.config) == before);
    CHECK(Has(plan, "transitVersion=1"));
    CHECK(Has(plan, "transitVersion=2"));
    const std::string hash = e2e::ReadState(node.config).at("currentHash");
    CHECK(Has(plan, "stateHash: " + hash));
    person.Substitute(kExampleStateHash, hash);
    person.Do("stop", node);
    person.Do("apply", node);
    CHECK(cluster.Versions(n, "removed") == std::vector{1, 2});
    CHECK(cluster.Versions(n, "active") == std::vector{3});
    person.Do("start", node);
    CHECK(Has(person.Do("check", node), "openbao_kms_status_key_id_hash"));
    CHECK(node.KeyId() == cluster.KeyIdOf(3));
    CHECK(person.Read("kept", node).plaintext == "a value");
  }
}

RUNBOOK_CASE("Runbook", "retirement", "Raise the minimum and trim in OpenBao") {
  RotatedCluster cluster;
  person.Store("kept", "a value", cluster[0]);
  for (const auto& node : cluster.nodes) Retire(*node, 3);
  person.DoWithBao("minimum", cluster[0], [&] {
    cluster.bench.setup.ConfigureKey(
        {{"min_decryption_version", 3}, {"min_encryption_version", 3}});
  });
  std::this_thread::sleep_for(2 * kInterval);
  for (const auto& node : cluster.nodes) {
    CHECK(Has(person.Do("wait", *node), "rotationState: active"));
  }
  person.DoWithBao("trim", cluster[0], [&] { cluster.bench.setup.Trim(3); });
  std::this_thread::sleep_for(2 * kInterval);
  const std::string key = person.DoWithBao("read", cluster[0]);
  if (!key.empty()) {
    const testing::Json data = testing::Json::parse(key).at("data");
    CHECK(data.at("min_available_version") == 3);
    CHECK(data.at("keys").size() == 1);
  }
  for (const auto& node : cluster.nodes) {
    CHECK(node->serving->Healthy());
    CHECK(person.Read("kept", *node).plaintext == "a value");
  }
}

RUNBOOK_CASE("Runbook", "retirement", "The minimum was raised too early") {
  RotatedCluster cluster;
  Node& node = cluster[0];
  person.Store("kept", "a value", node);
  const auto shows = [&](const char* reasons, const char* metric) {
    return e2e::Eventually(Milliseconds(5000), [&] {
      return Has(node.serving->process.Health("/ready").body, reasons) &&
             Has(node.serving->process.Metrics(), metric);
    });
  };
  const char* const degraded = "\"reasons\":[\"retired_version_undecryptable\"]";
  const auto raise = [&] {
    cluster.bench.setup.SetMinDecryptionVersion(3);
    REQUIRE(shows(degraded, "openbao_kms_retired_version_undecryptable 2"));
  };
  raise();
  CHECK(Has(person.Do("undecryptable", node), "openbao_kms_retired_version_undecryptable 2"));
  CHECK(person.Read("kept", node).plaintext == "a value");

  person.DoWithBao("lower", node, [&] { cluster.bench.setup.SetMinDecryptionVersion(1); });
  REQUIRE(shows("\"reasons\":[]", "openbao_kms_retired_version_undecryptable 0"));

  raise();
  Retire(node, 3);
  const std::string settled = person.Do("settled", node);
  CHECK(Has(settled, "\"reasons\":[]"));
  CHECK(Has(settled, "openbao_kms_retired_version_undecryptable 0"));
  CHECK(person.Read("kept", node).plaintext == "a value");
}

}  // namespace
}  // namespace baokms::runbooks
