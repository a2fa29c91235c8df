// What `recover-state` does not make a state of (registry-and-rotation.md, "Recovery").
#include <doctest/doctest.h>

#include "tests/e2e/support/lost_state.h"
#include "tests/support/etcd/etcd_under_test.h"
#include "tests/support/etcd/stored_envelope.h"

namespace baokms::e2e {
namespace {

TEST_CASE("Recovery: a version that other nodes may not have seen is waited for") {
  Served served(1);
  served.node.config.tree["status"] = {
      {"probeInterval", "30s"}, {"deepProbeInterval", "60s"}, {"statusMaxStaleness", "120s"}};
  served.node.config.Write();
  LoseFiles(served.node.config);
  served.bench.setup.RotateKey();
  const std::string text = served.node.Refused(RecoverState());
  CHECK(Says(text, "version 2 is "));
  CHECK(Says(text, "other nodes may not have seen it; plan again in "));
}

TEST_CASE("Recovery: what the state of a peer contradicts is refused") {
  Served served(2);
  const std::string peer = served.File("peer.json", served.files.state);
  LoseFiles(served.node.config);
  // Creation times are whole seconds.
  served.bench.setup.ConfigureKey({{"deletion_allowed", true}});
  served.bench.setup.DeleteKey();
  served.bench.setup.CreateKey();
  LetPeersSee(Milliseconds(200));
  const Names command = RecoverState({"--peer-state", peer, "--output", "json"});
  // Version 1 was made again, version 2 is gone: each is named.
  const CommandResult result = served.node.Run(command);
  CHECK(result.code == 4);
  CHECK(result.out.empty());
  CHECK(Says(result.err,
             "recover-state: version 1 has another creation time than in the peer's state: the key "
             "was deleted and made again"));
  CHECK(
      Says(result.err, "recover-state: version 2 is in the peer's state and no longer in OpenBao"));
  CHECK(ReadStateFiles(served.node.config) == StateFiles{});

  Json other = Json::parse(served.files.state);
  other["generation"] = 7;
  CHECK(Says(served.node.Refused(
                 RecoverState({"--peer-state", served.File("changed.json", other.dump())})),
             "--peer-state: the state's currentHash does not match"));
  CHECK(Says(served.node.Refused(RecoverState({"--peer-state", served.File("cut.json", "{")})),
             "--peer-state: the state file is not a single JSON document"));
}

TEST_CASE("Recovery: what etcd refers to must be proven and is never guessed") {
  if (testing::SkippedWithoutEtcd()) return;
  Served served(3);
  const std::string first = served.objects[0].key_id;
  const std::string census = served.File("census.json", served.CensusOf({first, served.key_id}));
  const Names evidence{"--evidence", census};
  LoseFiles(served.node.config);
  served.bench.setup.SetMinDecryptionVersion(2);
  const std::string hidden = served.node.Refused(RecoverState(evidence));
  CHECK(Says(hidden, "etcd has 1 object (secrets) under the key_id of hash "));
  CHECK(Says(hidden, "min_decryption_version=2 hides version 1: lower it to 1 until "));
  CHECK(Says(served.node.Refused(RecoverState()),
             "nothing shows that etcd does not need what it hides: lower it to 1 until this "
             "command has been applied"));
  served.bench.setup.SetMinDecryptionVersion(1);

  CHECK(Says(
      served.node.Refused(RecoverState(
          {"--evidence",
           served.File("stray.json", served.CensusOf({served.key_id, testing::KeyIdNumber(1)}))})),
      "which no version in OpenBao gives: the key was deleted and made again"));
  CHECK(Says(served.node.Refused(
                 RecoverState({"--evidence", served.File("empty.json", served.CensusOf({}))})),
             "which proves nothing"));
  CHECK(Says(served.node.Refused(RecoverState({"--evidence", served.File("none.json", "{}")})),
             "--evidence: the file is not a report of `key-usage --output json`"));

  const auto changed = [&](const char* field, const char* value) {
    Json report = Json::parse(testing::ReadWholeFile(census));
    report[field] = value;
    return served.File("changed.json", report.dump());
  };
  CHECK(Says(served.node.Refused(RecoverState({"--evidence", changed("clusterId", "another")})),
             "recover-state: --evidence: it is about another cluster (clusterId)"));
  CHECK(Says(
      served.node.Refused(RecoverState({"--evidence", changed("takenAt", "2023-11-14T22:13:20Z")})),
      " min old: take it again, or raise --max-evidence-age"));
  CHECK(Says(served.node.Refused(
                 RecoverState({"--evidence", changed("prefix", "/registry/secrets/"), "--adopt"})),
             "it was taken below another prefix of etcd"));

  const Json applied = Recover(served.node.config, evidence);
  CHECK(applied.at("evidence") == Json::parse(R"(["key-usage"])"));
  CHECK(applied.at("versions").at(0).at("objects") == 1);
  CHECK(applied.at("versions").at(1).at("objects") == 0);
  CHECK(applied.at("versions").at(2).at("proof") == Json::parse(R"(["openbao", "key-usage"])"));
  served.CheckServes();
}

TEST_CASE("Recovery: a state that is there or in use or damaged is not replaced") {
  Served served(2);
  const std::string hash = "krs1." + std::string(43, 'A');
  CHECK(Says(served.node.Refused(RecoverState()), "there is a valid state, so nothing is lost"));
  {
    Serving provider(served.node.config);
    const std::string locked = served.node.Refused(
        RecoverState({"--without-evidence", "--apply", "--expected-state-hash", hash}));
    CHECK(Says(locked, "(process " + std::to_string(provider.process.child().pid()) + ")"));
  }
  WriteStateFiles(served.node.config, {served.files.state, ""});
  CHECK(Says(served.node.Refused(RecoverState()), "move the state file aside"));
  WriteStateFiles(served.node.config, {served.files.state.substr(0, 100), ""});
  CHECK(Says(served.node.Refused(RecoverState()), "move it aside, keep it, and plan again"));
  LoseFiles(served.node.config);
  CHECK(Says(served.node.Refused(
                 RecoverState({"--without-evidence", "--apply", "--expected-state-hash", hash})),
             "another stateHash than --expected-state-hash"));
  Recover(served.node.config, {});
}

TEST_CASE("Adopt: a key that etcd has objects under is refused") {
  if (testing::SkippedWithoutEtcd()) return;
  Served served(2);
  const std::string some = served.File("census.json", served.CensusOf({served.key_id}));
  const std::string none = served.File("none.json", served.CensusOf({}));
  LoseFiles(served.node.config);
  CHECK(Says(served.node.Refused(RecoverState({"--adopt", "--evidence", some})),
             "etcd has 1 object of this provider, so it has met this key before"));
  CHECK(served.node.Plan(RecoverState({"--adopt", "--evidence", none})).at("evidence") ==
        Json::parse(R"(["key-usage"])"));
}

TEST_CASE("Recovery: wrong usage exits 2 and a file that may not be read 3") {
  const std::string hash = "krs1." + std::string(43, 'A');
  for (const Names& words : {Names{"--apply"},
                             {"--apply", "--expected-state-hash", hash},
                             {"--without-evidence", "--evidence", "/a"},
                             {"--without-evidence", "--peer-state", "/a"},
                             {"--adopt", "--peer-state", "/a"}}) {
    const CommandResult result = RunCommand(RecoverState(words));
    CHECK_MESSAGE(result.code == 2, words.back());
    CHECK(result.err.starts_with("usage: "));
  }
  Bench bench;
  const OperatorNode node(bench);
  for (const char* flag : {"--evidence", "--peer-state"}) {
    const CommandResult result =
        node.Run(RecoverState({flag, node.config.directory().File("absent.json")}));
    CHECK(result.code == 3);
    CHECK(Says(result.err, std::string(flag) + ": file_missing: the file does not exist"));
  }
}

}  // namespace
}  // namespace baokms::e2e
