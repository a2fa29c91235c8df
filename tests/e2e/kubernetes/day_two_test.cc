// A rotation from its beginning to the trimmed version by the pages alone: the blocks of
// docs/runbooks on a real kube-apiserver, etcd and OpenBao, with the real kubectl and rewrite
// script.
#include <doctest/doctest.h>

#include <memory>
#include <thread>

#include "tests/e2e/kubernetes/control_plane.h"
#include "tests/e2e/kubernetes/rewriter.h"
#include "tests/e2e/support/lost_state.h"
#include "tests/runbooks/census.h"
#include "tests/runbooks/operator.h"

namespace baokms::e2e {
namespace {

using runbooks::Operator;

constexpr const char* kReads = "transformation_type=\"from_storage\"";

// The lines of kube-apiserver's metrics about reads of objects under this key_id.
bool ReadsUnder(const std::string& metrics, const std::string& key_id) {
  std::istringstream lines(metrics);
  for (std::string line; std::getline(lines, line);) {
    if (Says(line, KeyIdHash(key_id)) && Says(line, kReads)) return true;
  }
  return false;
}

class DayTwo {
 public:
  DayTwo() {
    plane_.Begin(plane_.WritersOnly());
    plane_.Create("under-version-1");
    first_ = plane_.provider->KeyId();
    plane_.CheckReadable();
  }

  void BeforeYouRotate() {
    const auto person = Follow("rotation", "Before you rotate");
    CHECK(Says(person->Do("ready", Node()), "\"status\":\"ok\""));
    CHECK(Says(person->Do("look", Node()), "openbao_kms_key_version 1"));
    person->Do("copy-state", Node());
    CHECK(Says(person->DoWithBao("latest", Node(), [] {}), OnRealOpenBao() ? "1" : ""));
    person->CheckAllDone();
  }

  // Twice, with an object under each version.
  void RotateAndWatch() {
    const auto person = Follow("rotation", "Rotate and watch");
    person->DoWithBao("rotate", Node(), [this] { plane_.bench.setup.RotateKey(); });
    WaitForVersion(2);
    plane_.api.Restart();
    plane_.Create("under-version-2");
    person->Do("rotate-api", Node());
    WaitForVersion(3);
    CHECK(Says(person->Do("plan", Node()), "activeTransitVersion: 3"));
    CHECK(Says(person->Do("log", Node()), "key.promoted"));
    CHECK(Says(person->Do("look-after", Node()), "openbao_kms_key_version 3"));
    CHECK(Says(person->Do("verify", Node()), "rotationState: active"));
    person->CheckAllDone();
  }

  void LoseTheStateAndMakeItAnew() {
    const std::string key_id = plane_.provider->KeyId();
    plane_.provider->process.Kill();
    plane_.provider.reset();
    LoseFiles(plane_.node.config);
    const auto person = Follow("disaster-recovery", "Make the state anew");
    person->Do("census", Node());
    LetPeersSee(Milliseconds(200));
    const std::string plan = person->Do("plan", Node());
    CHECK(Says(plan, "proof=openbao,key-usage objects="));
    person->Substitute(runbooks::kExampleStateHash, runbooks::PlannedHash(plan));
    person->Do("aside", Node());
    person->Do("apply", Node());
    CHECK(Says(person->Do("same-hash", Node()), "openbao_kms_key_version 3"));
    person->CheckAllDone();
    CHECK(plane_.provider->KeyId() == key_id);
    plane_.api.Restart();
    plane_.CheckReadable();
  }

  void RewriteEveryObject() {
    for (const Resource& resource : EncryptedResources()) {
      const std::string key = resource.key + "under-version-1";
      old_.emplace_back(key, plane_.Stored(resource, "under-version-1"));
    }
    const auto person = Follow("rotation", "Rewrite every object");
    const std::string hash = person->Do("hash", Node());
    CHECK(hash == KeyIdHash(plane_.provider->KeyId()) + "\n");
    SecondsUntil(Milliseconds(120000), [&] {
      return Says(person->Do("followed", Node()), hash.substr(0, hash.size() - 1));
    });
    CHECK(Says(person->Do("rewrite", Node()), "secret/under-version-1 replaced"));
    CHECK(ControlPlane::EncryptedUnder(plane_.Census(), 1) > 0);  // of the other resources
    const std::string written = person->Do("rewrite-large", Node());
    CHECK(Says(written, "secrets: "));
    CHECK(Says(written, "widgets.example.org: "));
    CHECK(Says(person->Do("apiserver-metrics", Node()), kReads));
    person->CheckAllDone();
    const Json census = plane_.Census();
    CHECK(ControlPlane::EncryptedUnder(census, 1) == 0);
    CHECK(ControlPlane::EncryptedUnder(census, 2) == 0);
    CHECK(ControlPlane::EncryptedUnder(census, 3) >= 6);
  }

  void EvidenceFirst() {
    plane_.api.Restart();
    plane_.CheckReadable();
    const auto person = Follow("retirement", "Evidence first");
    CHECK(Says(person->Do("look", Node()), "openbao_kms_key_version 3"));
    person->Do("rewrite", Node());
    CHECK(Says(person->Do("census", Node()), "--before-version 3 removes exactly these versions"));
    const std::string metrics = person->Do("apiserver-metrics", Node());
    CHECK_FALSE(ReadsUnder(metrics, first_));
    CHECK(ReadsUnder(metrics, plane_.provider->KeyId()));
    person->CheckAllDone();
  }

  void Retire() {
    const auto person = Follow("retirement", "Retire on each node");
    person->Do("evidence", Node());
    CHECK(Says(person->Do("plan", Node(), 4), "minutes"));
    // What the page says, in full.
    std::this_thread::sleep_for(std::chrono::minutes(5));
    person->Do("evidence", Node());
    const std::string plan = person->Do("plan", Node());
    CHECK(Says(plan, "transitVersion=1"));
    CHECK(Says(plan, "transitVersion=2"));
    person->Substitute(runbooks::kExampleStateHash, runbooks::PlannedHash(plan));
    person->Do("stop", Node());
    person->Do("apply", Node());
    person->Do("start", Node());
    CHECK(Says(person->Do("check", Node()), "openbao_kms_status_key_id_hash"));
    person->CheckAllDone();
    CHECK(VersionsIn(ReadState(plane_.node.config), "removed") == std::vector{1, 2});
    plane_.api.Restart();
    plane_.CheckReadable();
  }

  void RestoreAnOldEtcd() {
    plane_.api.Kill();
    plane_.etcd.Put(old_);
    plane_.api.Launch();
    const auto person =
        Follow("disaster-recovery", "A restored etcd needs versions that were retired");
    const std::string unknown = "reason=\"key_id_unknown\"} ";
    SecondsUntil(Milliseconds(60000),
                 [&] { return Says(plane_.provider->process.Metrics(), unknown); });
    CHECK(Says(person->Do("asked", Node()), unknown));
    person->DoWithBao("lower", Node(), [] {});
    const std::string plan = person->Do("restore-plan", Node());
    person->Substitute(runbooks::kExampleStateHash, runbooks::PlannedHash(plan));
    person->Do("restore-apply", Node());
    REQUIRE(plane_.api.WaitReady());
    plane_.CheckReadable();
    CHECK(Says(person->Do("rewrite", Node()), "secret/under-version-1 replaced"));
    person->CheckAllDone();
    plane_.Rewrite();
    CHECK(ControlPlane::EncryptedUnder(plane_.Census(), 1) == 0);
    runbooks::Retire(Node(), 3);
  }

  void RaiseTheMinimumAndTrim() {
    const auto person = Follow("retirement", "Raise the minimum and trim in OpenBao");
    person->DoWithBao("minimum", Node(), [this] {
      plane_.bench.setup.ConfigureKey(
          {{"min_decryption_version", 3}, {"min_encryption_version", 3}});
    });
    person->Do("wait", Node());
    person->DoWithBao("trim", Node(), [this] { plane_.bench.setup.Trim(3); });
    person->DoWithBao("read", Node());
    person->CheckAllDone();
    plane_.api.Restart();
    plane_.CheckReadable();
    plane_.CheckHealthy();
    plane_.Create("after-all");
  }

  void LookWithKubeApiServersPage() {
    const auto person = Follow("kube-apiserver-says", "How to look");
    CHECK(Says(person->Do("readyz", Node()), "[+]kms-providers ok"));
    CHECK(Says(person->Do("ready", Node()), "\"status\":\"ok\""));
  }

 private:
  // The person who does this section of a page.
  std::unique_ptr<Operator> Follow(const std::string& page, const std::string& section) const {
    auto person = std::make_unique<Operator>(page, section);
    person->UseKubernetes(Kubectl(), rewriter_.kubeconfig());
    person->Substitute("https://node-1:6443", plane_.api.Question("GET", "").url);
    person->Substitute(" secrets configmaps\n", " secrets configmaps widgets.example.org\n");
    runbooks::UseEtcd(*person, plane_.etcd);
    for (const char* directory : {"/etc/openbao-kms", "/var/lib/openbao-kms"}) {
      person->Substitute(std::string(directory) + "/key-usage.json",
                         reports_.File("key-usage.json"));
    }
    return person;
  }
  runbooks::Place Node() { return {plane_.node.config, plane_.provider}; }
  void WaitForVersion(int version) const {
    REQUIRE(Eventually(Milliseconds(15000), [&] {
      return VersionsIn(ReadState(plane_.node.config), "active") == std::vector{version};
    }));
  }

  ControlPlane plane_;
  Rewriter rewriter_{plane_};
  testing::TempDirectory reports_;
  std::string first_;                    // key_id
  testing::EtcdUnderTest::Objects old_;  // under it, as etcd had them
};

TEST_CASE("Day two: from a rotation to the trimmed version by the pages alone") {
  if (SkippedWithoutKubectl()) return;
  DayTwo day;
  day.BeforeYouRotate();
  day.RotateAndWatch();
  day.LoseTheStateAndMakeItAnew();
  day.RewriteEveryObject();
  day.EvidenceFirst();
  day.Retire();
  day.RestoreAnOldEtcd();
  day.RaiseTheMinimumAndTrim();
  day.LookWithKubeApiServersPage();
}

}  // namespace
}  // namespace baokms::e2e
