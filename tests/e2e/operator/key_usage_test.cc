// `key-usage` over a real etcd that holds what Kubernetes' own code stored through the provider.
#include <doctest/doctest.h>

#include "tests/e2e/support/kube_values.h"
#include "tests/e2e/support/operator_node.h"
#include "tests/support/etcd/etcd_under_test.h"
#include "tests/support/etcd/stored_envelope.h"

namespace baokms::e2e {
namespace {

using testing::EtcdTransport;
using testing::EtcdUnderTest;
using testing::ValueOf;

Names Census(const EtcdUnderTest& etcd) { return {"key-usage", "--etcd-endpoints", etcd.url()}; }

// Objects of the one encrypted entry with this version; 0 when there is none.
int ObjectsUnder(const Json& report, int version) {
  int objects = 0;
  for (const Json& entry : report.at("encrypted")) {
    if (entry.value("transitVersion", 0) == version) objects += entry.at("objects").get<int>();
  }
  return objects;
}

std::vector<int> UnreferencedIn(const Json& report) {
  std::vector<int> versions;
  for (const Json& entry : report.at("unreferencedVersions")) {
    versions.push_back(entry.at("transitVersion"));
  }
  return versions;
}

TEST_CASE(
    "Key usage: rewritten objects free their version and retiring removes exactly these versions") {
  if (testing::SkippedWithoutEtcd() || SkippedWithoutKubeClient()) return;
  Bench bench;
  const OperatorNode node(bench);
  EtcdUnderTest etcd;
  std::string first;
  std::string second;
  {
    const Serving provider(node.config);
    first = provider.KeyId();
    etcd.Put(StoredSecrets(node.config, 30));
    Json report = node.Plan(Census(etcd));
    CHECK(report.at("keysScanned") == 30);
    CHECK(ObjectsUnder(report, 1) == 30);
    CHECK(report.at("unreferencedVersions").empty());

    second = RotateAndPromote(bench, provider);
    // Half of the rewrite.
    etcd.Put(StoredSecrets(node.config, 15));
    report = node.Plan(Census(etcd));
    CHECK(ObjectsUnder(report, 1) == 15);
    CHECK(ObjectsUnder(report, 2) == 15);
    CHECK(report.at("unreferencedVersions").empty());

    etcd.Put(StoredSecrets(node.config, 30));
    report = node.Plan(Census(etcd));
    CHECK(ObjectsUnder(report, 1) == 0);
    CHECK(ObjectsUnder(report, 2) == 30);
    CHECK(UnreferencedIn(report) == std::vector{1});
    CHECK(report.at("unreferencedVersions").at(0).at("state") == "retired");

    const CommandResult text = node.Run(Census(etcd));
    CHECK(text.code == 0);
    CHECK(Says(text.out, "retire-versions --before-version 2 removes exactly these versions"));
  }
  const Json retired = node.Apply({"retire-versions", "--before-version", "2"});
  Json expected = node.Report(Census(etcd)).at("unreferencedVersions");
  REQUIRE(expected.size() == 1);
  CHECK(expected.at(0).at("state") == "removed");
  expected.at(0).erase("state");
  CHECK(retired.at("removedVersions") == expected);
  // No key_id, value or name of an object was printed.
  for (const std::string& secret : {first, second, std::string("object-0000")}) {
    CHECK_FALSE(Says(node.heard(), secret));
  }
}

TEST_CASE("Key usage: an object under a removed version is a warning that names the way back") {
  if (testing::SkippedWithoutEtcd() || SkippedWithoutKubeClient()) return;
  Bench bench;
  const OperatorNode node(bench);
  EtcdUnderTest etcd;
  {
    const Serving provider(node.config);
    etcd.Put(StoredSecrets(node.config, 3));
    RotateAndPromote(bench, provider);
  }
  node.Apply({"retire-versions", "--before-version", "2"});
  const CommandResult text = node.Run(Census(etcd));
  CHECK(text.code == 0);
  CHECK(Says(text.out,
             "warning: 3 objects refer to version 1, which this node no longer decrypts: "
             "restore-versions --versions 1"));
}

TEST_CASE("Key usage: the report has its fields in their order and every object in one list") {
  if (testing::SkippedWithoutEtcd()) return;
  Bench bench;
  const OperatorNode node(bench);
  EtcdUnderTest etcd(EtcdTransport::kTlsWithClientCertificates);
  std::string key_id;
  {
    const Serving provider(node.config);
    key_id = provider.KeyId();
  }
  const std::string name = node.config.tree.at("transit").at("keyIdScope").at("providerName");
  etcd.Put({{"/registry/secrets/a/1", ValueOf({.provider_name = name, .key_id = key_id})},
            {"/registry/example.org/widgets/a/1",
             ValueOf({.provider_name = name, .key_id = testing::KeyIdNumber(1)})},
            {"/registry/secrets/a/2", ValueOf({.provider_name = "hsm", .key_id = "elsewhere"})},
            {"/registry/secrets/a/3", ValueOf({.provider_name = name, .key_id = "elsewhere"})},
            {"/registry/secrets/a/4", "k8s:enc:aescbc:v1:key1:x"},
            {"/registry/secrets/a/5", "k8s:enc:kms:v1:old:x"},
            {"/registry/pods/a/1", std::string("k8s\0x", 5)},
            {"/registry/pods/a/2", "{}"}});
  Names command = etcd.KeyUsageCommand();
  command.insert(command.end(), {"--page-size", "3"});
  Names as_json = command;
  as_json.insert(as_json.end(), {"--output", "json"});
  const CommandResult result = node.Run(as_json);
  INFO(result.err);
  REQUIRE(result.code == 0);
  CHECK(result.err.empty());
  CHECK(FieldNames(result.out) == Names{"name", "revision", "prefix", "keysScanned", "encrypted",
                                        "plaintext", "otherProviders", "malformed",
                                        "unreferencedVersions", "limitations", "takenAt",
                                        "clusterId", "providerName", "recordedVersions"});
  const Json report = Json::parse(result.out);
  CHECK(report.at("name") == "key-usage");
  CHECK(report.at("prefix") == "/registry/");
  CHECK(report.at("keysScanned") == 8);
  CHECK(report.at("encrypted").size() == 3);
  CHECK(ObjectsUnder(report, 1) == 1);
  CHECK(report.at("plaintext") == Json::parse(R"([{"resource": "pods", "objects": 2}])"));
  CHECK(report.at("otherProviders") == Json::parse(R"([
    {"kind": "aescbc:v1", "providerName": "key1", "resource": "secrets", "objects": 1},
    {"kind": "kms:v1", "providerName": "old", "resource": "secrets", "objects": 1}])"));
  CHECK(report.at("malformed") == Json::parse(R"([{"resource": "secrets", "objects": 1}])"));
  CHECK(report.at("limitations").size() == 6);

  const CommandResult text = node.Run(command);
  CHECK(text.code == 0);
  CHECK(Says(text.out, "keysScanned: 8\n"));
  CHECK(Says(text.out, "widgets.example.org"));
  CHECK(Says(text.out, "of this provider name refer to key_ids that this node does not record"));
  for (const std::string& secret : {key_id, testing::KeyIdNumber(1), std::string("/a/1")}) {
    CHECK_FALSE(Says(node.heard(), secret));
  }
}

TEST_CASE("Key usage: an etcd without any of our objects is evidence of nothing") {
  if (testing::SkippedWithoutEtcd()) return;
  Bench bench;
  const OperatorNode node(bench);
  {
    const Serving provider(node.config);
    RotateAndPromote(bench, provider);
  }
  EtcdUnderTest etcd;
  for (const bool empty : {true, false}) {
    if (!empty) etcd.Put({{"/registry/pods/a/1", "{}"}});
    const Json report = node.Report(Census(etcd));
    CHECK(report.at("keysScanned") == (empty ? 0 : 1));
    CHECK(report.at("unreferencedVersions").empty());
    CHECK(report.at("limitations").dump().contains("No object refers to any recorded version"));
    CHECK_FALSE(Says(node.Run(Census(etcd)).out, "retire:"));
  }
}

TEST_CASE("Key usage: without a local state the census is printed and names no versions") {
  if (testing::SkippedWithoutEtcd()) return;
  Bench bench;
  const OperatorNode node(bench);
  EtcdUnderTest etcd;
  etcd.Put({{"/registry/secrets/a/1",
             ValueOf({.provider_name =
                          node.config.tree.at("transit").at("keyIdScope").at("providerName"),
                      .key_id = testing::KeyIdNumber(1)})}});
  const Json report = node.Report(Census(etcd));
  CHECK(report.at("encrypted").size() == 1);
  CHECK_FALSE(report.at("encrypted").at(0).contains("transitVersion"));
  CHECK(report.at("unreferencedVersions").empty());
  CHECK(report.at("limitations").dump().contains("The local state gives no versions"));
}

}  // namespace
}  // namespace baokms::e2e
