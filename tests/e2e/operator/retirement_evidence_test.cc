// `retire-versions` with the reports of `key-usage` as its evidence, and what `key-usage` concludes
// for scripts.
#include <doctest/doctest.h>
#include <utime.h>

#include <chrono>
#include <future>
#include <thread>

#include "core/text/rfc3339.h"
#include "tests/e2e/support/kube_values.h"
#include "tests/e2e/support/lost_state.h"
#include "tests/e2e/support/operator_node.h"
#include "tests/support/etcd/etcd_under_test.h"

namespace baokms::e2e {
namespace {

using testing::EtcdUnderTest;

constexpr int kObjects = 20;

// A rotated key, and an etcd whose objects are still under version 1.
struct Unrewritten {
  Bench bench;
  OperatorNode node{bench};
  EtcdUnderTest etcd;
  std::optional<Serving> provider{node.config};

  Unrewritten() {
    Rewrite(kObjects);
    RotateAndPromote(bench, *provider);
  }
  void Rewrite(int objects) { etcd.Put(StoredSecrets(node.config, objects)); }
  Names Census(const Names& more = {}) const {
    Names command = {"key-usage", "--etcd-endpoints", etcd.url()};
    command.insert(command.end(), more.begin(), more.end());
    return command;
  }
  // The census as a file, changed by `change`.
  std::string Evidence(const std::function<void(Json&)>& change = [](Json&) {}) const {
    Json report = node.Report(Census());
    change(report);
    node.config.directory().Write("evidence.json", report.dump(), 0600);
    return node.config.directory().File("evidence.json");
  }
  // As if it had been taken when every API server had followed.
  std::string LaterEvidence() const {
    return Evidence([this](Json& report) { MakeLater(report); });
  }
  void MakeLater(Json& report) const {
    const Json state = ReadState(node.config);
    for (const Json& version : state.at("snapshots")) {
      if (version.at("state") != "active") continue;
      const std::chrono::seconds promoted(version.at("promotedAtUnix").get<std::int64_t>());
      report["takenAt"] =
          core::Rfc3339(std::chrono::sys_seconds(promoted + std::chrono::minutes(5)));
    }
  }
  static Names Retire(const std::string& evidence) {
    return {"retire-versions", "--before-version", "2", "--evidence", evidence};
  }
};

}  // namespace

TEST_CASE("Evidence: retiring is refused until a later census shows that nothing needs a version") {
  if (testing::SkippedWithoutEtcd() || SkippedWithoutKubeClient()) return;
  Unrewritten scene;
  const OperatorNode& node = scene.node;
  CHECK(Says(node.Refused(Unrewritten::Retire(scene.LaterEvidence())),
             "the evidence: 20 objects are encrypted under version 1: rewrite them"));
  scene.Rewrite(kObjects);
  // API servers may still write under version 1.
  CHECK(Says(node.Refused(Unrewritten::Retire(scene.Evidence())), "API servers may have written"));

  CHECK(Says(node.Refused(Unrewritten::Retire(scene.Evidence([&](Json& report) {
    scene.MakeLater(report);
    report["clusterId"] = "another";
  }))),
             "another cluster"));
  Names secrets_only = Unrewritten::Retire(scene.LaterEvidence());
  secrets_only.insert(secrets_only.end(), {"--prefix", "/registry/secrets/"});
  CHECK(Says(node.Refused(secrets_only), "another prefix"));
  Names fresh_only = Unrewritten::Retire(
      scene.Evidence([](Json& report) { report["takenAt"] = "2023-11-14T22:13:20Z"; }));
  CHECK(Says(node.Refused(fresh_only), "raise --max-evidence-age"));

  scene.provider.reset();
  const Json retired = node.Apply(Unrewritten::Retire(scene.LaterEvidence()));
  REQUIRE(retired.at("removedVersions").size() == 1);
  CHECK(Says(retired.at("evidence").at(0).get<std::string>(), "keys below /registry/"));
  CHECK_FALSE(Says(retired.at("limitations").dump(), "No evidence was given"));
}

TEST_CASE("Evidence: a state that was made anew does not let the five minutes pass") {
  if (testing::SkippedWithoutEtcd() || SkippedWithoutKubeClient()) return;
  Unrewritten scene;
  const OperatorNode& node = scene.node;
  scene.Rewrite(kObjects);
  const std::string evidence = scene.Evidence();
  scene.provider.reset();
  LoseFiles(node.config);
  LetPeersSee(Milliseconds(200));
  Recover(node.config, {"--evidence", evidence});
  CHECK(Says(node.Refused(Unrewritten::Retire(scene.Evidence())), "API servers may have written"));

  struct utimbuf long_ago{.actime = 0, .modtime = time(nullptr) - 301};
  REQUIRE(utime(node.config.state_file().c_str(), &long_ago) == 0);
  CHECK(node.Plan(Unrewritten::Retire(scene.Evidence())).at("removedVersions").size() == 1);
}

TEST_CASE("Evidence: a file that is no report is refused as a setting") {
  Bench bench;
  const OperatorNode node(bench);
  const testing::TempDirectory& directory = node.config.directory();
  directory.Write("evidence.json", "{\"name\": \"rotation-plan\"}", 0600);
  const CommandResult other = node.Run(Unrewritten::Retire(directory.File("evidence.json")));
  CHECK(other.code == 3);
  CHECK(Says(other.err, "--evidence: the file is not a report of `key-usage --output json`"));
  const CommandResult none = node.Run(Unrewritten::Retire(directory.File("none.json")));
  CHECK(none.code == 3);
  CHECK(Says(none.err, "--evidence: file_missing"));
}

TEST_CASE("Evidence: without any the plan says what nobody has looked at") {
  Bench bench;
  const OperatorNode node(bench);
  {
    const Serving provider(node.config);
    RotateAndPromote(bench, provider);
  }
  const Json plan = node.Plan({"retire-versions", "--before-version", "2"});
  CHECK(Says(plan.at("limitations").at(0).get<std::string>(), "No evidence was given"));
  CHECK_FALSE(plan.contains("evidence"));
}

TEST_CASE("Key usage: fail-on ends a pipeline and the text file has the same counts") {
  if (testing::SkippedWithoutEtcd() || SkippedWithoutKubeClient()) return;
  Unrewritten scene;
  const testing::TempDirectory& directory = scene.node.config.directory();
  const std::string name = scene.node.config.tree.at("transit").at("keyIdScope").at("providerName");
  directory.Write("encryption.yaml",
                  "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\n"
                  "resources:\n  - resources: [secrets]\n    providers:\n      - kms:\n"
                  "          apiVersion: v2\n          name: " +
                      name + "\n          endpoint: unix:///run/openbao-kms/kms.sock\n",
                  0600);
  const Names strict = scene.Census({"--encryption-config", directory.File("encryption.yaml"),
                                     "--textfile", directory.File("usage.prom"), "--fail-on",
                                     "plaintext,old-version,malformed,other-provider"});
  scene.etcd.Put({{"/registry/secrets/a/plain", "{}"}, {"/registry/pods/a/plain", "{}"}});
  const CommandResult found = scene.node.Run(strict);
  CHECK(found.code == 4);
  CHECK(Says(found.out, "warning: 1 objects of secrets are in plaintext"));
  CHECK(Says(found.err, "--fail-on plaintext: 1 objects"));
  CHECK(Says(found.err, "--fail-on old-version: 20 objects"));
  CHECK_FALSE(Says(found.err, "malformed"));
  CHECK(Says(testing::ReadWholeFile(directory.File("usage.prom")),
             "openbao_kms_key_usage_old_version_objects 20\n"));

  scene.Rewrite(kObjects);
  scene.etcd.Put({{"/registry/secrets/a/plain",
                   scene.etcd.Get("/registry/secrets/default/object-000000").value_or("")}});
  const CommandResult good = scene.node.Run(strict);
  INFO(good.err);
  CHECK(good.code == 0);
  CHECK(Says(testing::ReadWholeFile(directory.File("usage.prom")),
             "openbao_kms_key_usage_old_version_objects 0\n"));
}

TEST_CASE("Key usage: watch follows a rewrite to its end") {
  if (testing::SkippedWithoutEtcd() || SkippedWithoutKubeClient()) return;
  Unrewritten scene;
  auto watching = std::async(std::launch::async,
                             [&] { return scene.node.Run(scene.Census({"--watch", "1s"})); });
  std::this_thread::sleep_for(std::chrono::milliseconds(1500));
  scene.Rewrite(kObjects / 2);
  std::this_thread::sleep_for(std::chrono::milliseconds(1500));
  scene.Rewrite(kObjects);
  const CommandResult followed = watching.get();
  CHECK(followed.code == 0);
  CHECK(Says(followed.err, "20 objects left to rewrite\n"));
  CHECK(Says(followed.err, "10 objects left to rewrite, about "));
  CHECK(Says(followed.err, "  0 objects left to rewrite\n"));
  CHECK(Says(followed.out, "recorded versions"));
}

}  // namespace baokms::e2e
