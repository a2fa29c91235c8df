// Making the state of a node anew that lost it, and adopting a key that is rotated already
// (registry-and-rotation.md, "Recovery").
#include <doctest/doctest.h>
#include <unistd.h>

#include <set>

#include "tests/e2e/support/cluster.h"
#include "tests/e2e/support/lost_state.h"

namespace baokms::e2e {
namespace {

using testing::SealedObject;

constexpr Milliseconds kInterval{300};

TEST_CASE("Recovery: a node that lost its files is told the way and gets its keys back") {
  Served served(3);
  LoseFiles(served.node.config);
  ProviderProcess refused(served.node.config);
  CHECK(Says(CheckExits(refused, 5), "make the state anew with recover-state"));
  const CommandResult doctor = served.node.Run({"doctor"});
  CHECK(doctor.code == 4);
  CHECK(Says(doctor.out, "make the state anew with recover-state"));

  const Json applied = Recover(served.node.config, {});
  CHECK(applied.at("generation") == 1);
  CHECK(applied.at("activeTransitVersion") == 3);
  CHECK(VersionsIn(ReadState(served.node.config), "active") == std::vector{3});
  CHECK(VersionsIn(ReadState(served.node.config), "retired") == std::vector{1, 2});
  served.CheckServes();
  // It rotates on.
  const Serving provider(served.node.config);
  RotateAndPromote(served.bench, provider);
  for (const SealedObject& object : served.objects) {
    CHECK(provider.stub.Decrypt(object).status.ok());
  }
}

TEST_CASE("Recovery: the checkpoint that is left is followed and the state alone is made anew") {
  Served served(2);
  unlink(served.node.config.state_file().c_str());
  ProviderProcess refused(served.node.config);
  CHECK(Says(CheckExits(refused, 5), "make it anew with recover-state"));
  const Json applied = Recover(served.node.config, {});
  const Json before = Json::parse(served.files.state);
  CHECK(applied.at("generation") == before.at("generation").get<int>() + 1);
  CHECK(ReadState(served.node.config).at("previousHash") == before.at("currentHash"));
  served.CheckServes();
}

TEST_CASE("Recovery: lost on one and two and all of three nodes every object stays readable") {
  Cluster cluster({kInterval, kInterval, kInterval});
  std::vector<SealedObject> objects{cluster[0].serving->Seal("value 1")};
  cluster.Rotate();
  objects.push_back(cluster[1].serving->Seal("value 2"));
  LetPeersSee(kInterval);
  for (std::size_t lost = 1; lost <= 3; ++lost) {
    CAPTURE(lost);
    for (std::size_t at = 0; at < lost; ++at) {
      cluster[at].Stop();
      LoseFiles(cluster[at].config);
    }
    std::set<std::string> files;
    for (std::size_t at = 0; at < lost; ++at) {
      Recover(cluster[at].config, {});
      files.insert(ReadStateFiles(cluster[at].config).state);
      cluster[at].Start();
    }
    CHECK(files.size() == 1);  // nodes that know the same write the same
    for (const auto& node : cluster.nodes) {
      CHECK(node->KeyId() == cluster.KeyIdOf(2));
      objects.push_back(node->serving->Seal("value " + std::to_string(objects.size() + 1)));
    }
    for (const auto& node : cluster.nodes) {
      for (std::size_t i = 0; i < objects.size(); ++i) {
        node->serving->CheckOpens(objects[i], "value " + std::to_string(i + 1));
      }
    }
  }
  cluster.Rotate();
  for (const auto& node : cluster.nodes) node->serving->CheckOpens(objects[0], "value 1");
}

TEST_CASE("Recovery: amid a rotation that no node has promoted it takes nothing back") {
  Cluster cluster({kInterval, kInterval, kInterval});
  for (const auto& node : cluster.nodes) {
    node->Stop();
    node->config.tree["rotation"]["activationDelay"] = "8s";
    node->config.Write();
    node->Start();
  }
  std::vector<SealedObject> objects{cluster[2].serving->Seal("value 1")};
  cluster.bench.setup.RotateKey();
  REQUIRE(Eventually(Milliseconds(5000), [&] {
    return VersionsIn(ReadState(cluster[0].config), "pending") == std::vector{2};
  }));
  cluster[2].Stop();
  LoseFiles(cluster[2].config);
  LetPeersSee(kInterval);
  const std::string peer = cluster[2].config.directory().File("peer.json");
  testing::WriteWholeFile(peer, ReadStateFiles(cluster[0].config).state, 0640);
  const Json applied = Recover(cluster[2].config, {"--peer-state", peer});
  CHECK(applied.at("evidence") == Json::parse(R"(["peer-state"])"));
  CHECK(applied.at("activeTransitVersion") == 2);
  cluster[2].Start();
  // Its peers have not promoted, and read what it writes.
  CHECK(cluster[2].KeyId() == cluster.KeyIdOf(2));
  CHECK(cluster[0].KeyId() == cluster.KeyIdOf(1));
  objects.push_back(cluster[2].serving->Seal("value 2"));
  objects.push_back(cluster[0].serving->Seal("value 3"));
  const auto all_open = [&] {
    for (const auto& node : cluster.nodes) {
      for (std::size_t i = 0; i < objects.size(); ++i) {
        node->serving->CheckOpens(objects[i], "value " + std::to_string(i + 1));
      }
    }
  };
  all_open();
  REQUIRE(cluster.Reach(cluster.KeyIdOf(2)));
  all_open();
}

TEST_CASE("Adopt: a key at version 5 is served by the first node that meets it") {
  Bench bench;
  for (int version = 2; version <= 5; ++version) bench.setup.RotateKey();
  const OperatorNode node(bench);
  {
    ProviderProcess refused(node.config);
    CHECK(Says(CheckExits(refused, 5), "adopt it with recover-state --adopt"));
  }
  const Json plan = node.Plan(RecoverState({"--adopt"}));
  CHECK(plan.at("adopt") == true);
  const Json applied = node.Report(RecoverState(
      {"--adopt", "--without-evidence", "--apply", "--expected-state-hash", plan.at("stateHash")}));
  CHECK(applied.at("activeTransitVersion") == 5);
  CHECK(applied.at("versions").size() == 5);
  const Serving provider(node.config);
  const SealedObject sealed = provider.Seal("a value");
  CHECK(sealed.ciphertext.starts_with("vault:v5:"));
  provider.CheckOpens(sealed, "a value");
  RotateAndPromote(bench, provider);
  provider.CheckOpens(sealed, "a value");
}

TEST_CASE("Recovery: the fields of the report and their order are fixed and no key_id is printed") {
  Served served(2);
  LoseFiles(served.node.config);
  const CommandResult json = served.node.Run(RecoverState({"--output", "json"}));
  CHECK(json.code == 0);
  CHECK(FieldNames(json.out) == Names{"operation", "applied", "adopt", "stateHash", "generation",
                                      "activeKeyIdHash", "activeTransitVersion", "evidence",
                                      "versions", "limitations"});
  const Json report = Json::parse(json.out);
  const Json& first = report.at("versions").at(1);
  const CommandResult text = served.node.Run(RecoverState());
  CHECK(text.out.starts_with("operation: recover-state\napplied: false\nadopt: false\nstateHash: " +
                             report.at("stateHash").get<std::string>() + "\ngeneration: 1\n"));
  CHECK(Says(text.out, "\nlimitations: WITHOUT EVIDENCE: "));
  CHECK(text.out.ends_with("version: transitVersion=1 state=retired keyIdHash=" +
                           first.at("keyIdHash").get<std::string>() + " createdAt=" +
                           first.at("createdAt").get<std::string>() + " proof=openbao\n"));
  CHECK_FALSE(Says(served.node.heard(), "obk2."));
}

}  // namespace
}  // namespace baokms::e2e
