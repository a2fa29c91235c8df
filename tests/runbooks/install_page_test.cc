// docs/install.md: a node that is installed by the page's own commands serves.
#include "tests/e2e/support/bundled_node.h"
#include "tests/e2e/support/report_schema.h"
#include "tests/runbooks/operator.h"

namespace baokms::runbooks {
namespace {

struct NewNode {
  NewNode() : node(bench, kInterval) {
    files().Write("values.yaml", e2e::FreshValues(node.config).dump(2), 0644);
    files().Write("issuer.pub", e2e::IssuerKey(bench));
  }

  const testing::TempDirectory& files() const { return node.config.directory(); }
  std::string bundle() const { return files().File("bundle"); }

  void Prepare(Operator& person) const {
    person.Substitute("/root/ca.crt", node.config.ca_file());
    person.Substitute("/root/values.yaml", files().File("values.yaml"));
    person.Substitute("/root/bundle", bundle());
    person.Substitute("/etc/openbao-kms/encryption-config.yaml",
                      bundle() + "/encryption-config.yaml");
    person.Substitute("/root/issuer.pub", files().File("issuer.pub"));
    person.Substitute("/run/openbao-kms/kms.sock", node.config.socket());
    person.Substitute("bao-kms-provider init", "bao-kms-provider init --allow-socket-parent " +
                                                   node.config.socket_directory());
  }
  void WriteBundle(Operator& person) { person.Do("init", node); }
  // What node-setup.sh installs.
  void Install() const { node.config.WriteText(testing::ReadWholeFile(bundle() + "/config.yaml")); }
  void Start(Operator& person) {
    const std::string answer = person.Do("start", node);
    CHECK(Has(answer, "[pass] kms.key_id"));
    node.serving->CheckRoundTrip();
  }

  e2e::Bench bench;
  Node node;
};

// The sections before the one under test.
void DoBefore(NewNode& with, const std::vector<std::string>& sections) {
  for (const std::string& section : sections) {
    Operator before("install", section);
    with.Prepare(before);
    if (section == "Write the bundle") with.WriteBundle(before);
    if (section == "Set up OpenBao") before.Do("setup", with.node);
    if (section == "On each node") {
      with.Install();
      with.Start(before);
    }
  }
}

RUNBOOK_CASE("Runbook", "install", "Write the bundle") {
  NewNode with;
  with.Prepare(person);
  with.WriteBundle(person);
  e2e::CheckFitsItsSchema("installation",
                          testing::ReadWholeFile(with.bundle() + "/installation.json"));
}

RUNBOOK_CASE("Runbook", "install", "Set up OpenBao") {
  if (e2e::SkippedWithoutBao()) return person.LeaveUndone();
  NewNode with;
  DoBefore(with, {"Write the bundle"});
  with.Prepare(person);
  CHECK(Has(person.Do("setup", with.node), "transit: key created\n"));
  // To the letter what the page shows.
  CHECK(person.Do("again", with.node) ==
        "transit: the key exists and meets the required profile\n"
        "policy: exists and matches this bundle\n"
        "auth-mount: exists, of type jwt\n"
        "auth-config: exists and matches this bundle\n"
        "auth-role: exists and matches this bundle\n");
}

RUNBOOK_CASE("Runbook", "install", "On each node") {
  if (e2e::SkippedWithoutBao()) return person.LeaveUndone();
  NewNode with;
  DoBefore(with, {"Write the bundle", "Set up OpenBao"});
  with.Install();
  with.Prepare(person);
  CHECK_FALSE(Has(person.Do("doctor", with.node), "[fail]"));
  with.Start(person);
}

RUNBOOK_CASE("Runbook", "install", "Switch kube-apiserver over") {
  if (e2e::SkippedWithoutBao()) return person.LeaveUndone();
  NewNode with;
  DoBefore(with, {"Write the bundle", "Set up OpenBao", "On each node"});
  with.Prepare(person);
  person.Store("default/one", "a value", with.node);
  CHECK(Has(person.Do("rewrite", with.node), "secret/default/one replaced\n"));
}

}  // namespace
}  // namespace baokms::runbooks
