// docs/runbooks/disaster-recovery.md, but for what OpenBao itself lost
// (openbao_lost_runbook_test.cc).
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "tests/e2e/support/lost_state.h"
#include "tests/runbooks/census.h"
#include "tests/runbooks/operator.h"

namespace baokms::runbooks {
namespace {

using e2e::Code;
using e2e::Milliseconds;
using e2e::VersionsIn;

// One start without patience; exit 5.
void StartsInVain(Node& node) {
  node.config.tree["bootstrap"]["graceTimeout"] = "0s";
  node.config.Write();
  e2e::ProviderProcess provider(node.config);
  e2e::CheckExits(provider, 5);
}

RUNBOOK_CASE("Runbook", "disaster-recovery", "A node lost its state") {
  Cluster cluster({kInterval, kInterval});
  cluster.Rotate();
  const std::string sealed_at = cluster[1].config.state_file();
  cluster[1].serving->process.Kill();
  cluster[1].serving.reset();
  unlink((sealed_at + ".checkpoint").c_str());
  StartsInVain(cluster[1]);
  CHECK(Has(person.Do("why", cluster[1]), "the state file has no checkpoint"));
  unlink(sealed_at.c_str());
  StartsInVain(cluster[1]);
  CHECK(Has(person.Do("why", cluster[1]), "the Transit key is rotated (latest_version=2)"));

  // A leftover must not be in the way, nor be lost.
  testing::WriteWholeFile(sealed_at, "{}\n", 0640);
  person.Do("copy-from-peer", cluster[0]);
  person.Do("install-copy", cluster[1]);
  CHECK(Has(person.Do("same-hash", cluster[1]), "openbao_kms_key_version 2"));
  CHECK(cluster[1].KeyId() == cluster[0].KeyId());
  CHECK(e2e::ReadStateFiles(cluster[1].config) == e2e::ReadStateFiles(cluster[0].config));
  const std::string kept =
      std::filesystem::path(person.copies()).parent_path().string() + "/kms-state-before";
  CHECK(testing::ReadWholeFile(kept + "/key-registry.json") == "{}\n");
}

RUNBOOK_CASE("Runbook", "disaster-recovery", "Make the state anew") {
  if (testing::SkippedWithoutEtcd()) {
    person.LeaveUndone();
    return;
  }
  Cluster cluster({kInterval});
  Node& node = cluster[0];
  person.Store("written before", "a value", node);
  cluster.Rotate();
  const std::string key_id = node.KeyId();
  const Etcd etcd(person);
  etcd.Hold(node, {.secrets = 5, .of_key_id = cluster.KeyIdOf(1)});
  etcd.Hold(node, {.secrets = 7, .of_key_id = key_id});
  node.serving->process.Kill();
  node.serving.reset();
  const std::string generation = e2e::ReadState(node.config).at("generation").dump();
  testing::WriteWholeFile(node.config.state_file(), "{", 0640);
  StartsInVain(node);
  person.Do("census", node);
  e2e::LetPeersSee(kInterval);
  CHECK(Has(person.Do("plan", node, 4), "move it aside"));
  person.Do("aside", node);
  const std::string plan = person.Do("plan", node);
  CHECK(Has(plan, "proof=openbao,key-usage objects=5\n"));
  CHECK(Has(plan, "proof=openbao,key-usage objects=7\n"));
  person.Substitute(kExampleStateHash, PlannedHash(plan));
  person.Do("apply", node);
  CHECK(Has(person.Do("same-hash", node), "openbao_kms_key_version 2"));
  CHECK(node.KeyId() == key_id);
  CHECK(person.Read("written before", node).plaintext == "a value");
  // The checkpoint that was left was followed.
  CHECK(e2e::ReadState(node.config).at("generation").get<int>() == std::stoi(generation) + 1);
}

RUNBOOK_CASE("Runbook", "disaster-recovery", "A new node") {
  Cluster cluster({kInterval});
  cluster.Rotate();
  cluster.nodes.push_back(std::make_unique<Node>(cluster.bench, kInterval));
  StartsInVain(cluster[1]);
  person.Do("copy-from-peer", cluster[0]);
  person.Do("install-copy", cluster[1]);
  CHECK(Has(person.Do("same-hash", cluster[1]), "openbao_kms_key_version 2"));
  CHECK(cluster[1].KeyId() == cluster[0].KeyId());
  CHECK(person.Do("fingerprint", cluster[0]) == person.Do("fingerprint", cluster[1]));
  person.Store("by the new node", "a value", cluster[1]);
  CHECK(person.Read("by the new node", cluster[0]).plaintext == "a value");
}

RUNBOOK_CASE("Runbook", "disaster-recovery",
             "The first node of a cluster, and the key is rotated") {
  if (testing::SkippedWithoutEtcd()) {
    person.LeaveUndone();
    return;
  }
  Cluster cluster({});
  cluster.bench.setup.RotateKey();
  cluster.nodes.push_back(std::make_unique<Node>(cluster.bench, kInterval));
  Node& node = cluster[0];
  StartsInVain(node);
  const Etcd etcd(person);
  etcd.HoldPlain();
  person.Do("census", node);
  person.Substitute(kExampleStateHash, PlannedHash(person.Do("plan", node)));
  person.Do("apply", node);
  person.Do("first-ready", node);
  CHECK(node.KeyId() == cluster.KeyIdOf(2));
}

// Both files of a node as they are now, where the pages look for copies.
void CopyAside(const Operator& person, const Node& node) {
  const e2e::StateFiles files = e2e::ReadStateFiles(node.config);
  mkdir(person.copies().c_str(), 0700);
  const std::string path = person.copies() + "/key-registry.json";
  testing::WriteWholeFile(path, files.state, 0600);
  testing::WriteWholeFile(path + ".checkpoint", files.checkpoint, 0600);
}

RUNBOOK_CASE("Runbook", "disaster-recovery", "State and checkpoint came out of a backup") {
  Cluster cluster({kInterval, kInterval});
  CopyAside(person, cluster[1]);
  cluster.Rotate();
  person.Store("by the peer", "a value", cluster[0]);
  person.Do("restore-both", cluster[1]);
  CHECK(person.Read("by the peer", cluster[1]).plaintext == "a value");
  CHECK(Has(person.Do("watch", cluster[1]), "openbao_kms_status_key_id_hash"));
  REQUIRE(cluster.Reach(cluster.KeyIdOf(2)));
  REQUIRE(cluster[1].serving->process.WaitLog("key.promoted"));
  CHECK(Has(person.Do("promoted", cluster[1]), "key.promoted"));
}

RUNBOOK_CASE("Runbook", "disaster-recovery", "The disk is full") {
  Cluster cluster({kInterval});
  const e2e::StateFiles before = e2e::ReadStateFiles(cluster[0].config);
  person.Store("written before", "a value", cluster[0]);
  // No file can be made under the name that a save uses: to the provider a full disk is no
  // different.
  const std::string in_the_way =
      std::filesystem::path(cluster[0].config.state_file()).parent_path().string() +
      "/.key-registry.json.bao-kms-tmp";
  REQUIRE(mkdir(in_the_way.c_str(), 0700) == 0);
  cluster.bench.setup.RotateKey();
  REQUIRE(e2e::Eventually(Milliseconds(5000), [&] { return !cluster[0].serving->Healthy(); }));
  CHECK(Has(person.Do("space", cluster[0]), "state_save_failed"));
  CHECK(e2e::ReadStateFiles(cluster[0].config) == before);
  CHECK(person.Read("written before", cluster[0]).plaintext == "a value");
  REQUIRE(rmdir(in_the_way.c_str()) == 0);
  REQUIRE(cluster.Reach(cluster.KeyIdOf(2)));
  person.Do("recovered", cluster[0]);
  CHECK(person.Read("written before", cluster[0]).plaintext == "a value");
}

RUNBOOK_CASE("Runbook", "disaster-recovery", "A restored etcd needs versions that were retired") {
  Cluster cluster({kInterval});
  Node& node = cluster[0];
  person.Store("of the old etcd", "a value", node);
  cluster.Rotate();
  cluster.Rotate();
  const auto hash = [&] {
    return e2e::ReadState(node.config).at("currentHash").get<std::string>();
  };
  Retire(node, 3);
  cluster.bench.setup.SetMinDecryptionVersion(3);
  CHECK(person.Read("of the old etcd", node).status.code == static_cast<int>(Code::kNotFound));
  CHECK(Has(person.Do("asked", node), "reason=\"key_id_unknown\"} 1"));

  person.Do("restore-plan", node, 4);  // OpenBao first
  person.DoWithBao("lower", node, [&] { cluster.bench.setup.SetMinDecryptionVersion(1); });
  CHECK(Has(person.Do("restore-plan", node), "stateHash: " + hash()));
  person.Substitute(kExampleStateHash, hash());
  person.Do("restore-apply", node);
  CHECK(VersionsIn(e2e::ReadState(node.config), "retired") == std::vector{1, 2});
  CHECK(person.Read("of the old etcd", node).plaintext == "a value");
  CHECK(Has(person.Do("rewrite", node), "replaced"));
  CHECK(person.Stored("of the old etcd").ciphertext.starts_with("vault:v3:"));
}

}  // namespace
}  // namespace baokms::runbooks
