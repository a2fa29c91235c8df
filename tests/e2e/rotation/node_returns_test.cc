// A node that was away, lost its files, got older ones back, or is new, while its peers go on
// (registry-and-rotation.md, "State against checkpoint", "Bootstrap", "Several control-plane
// nodes"; docs/runbooks/disaster-recovery.md).
#include <doctest/doctest.h>

#include <algorithm>
#include <thread>

#include "tests/e2e/support/cluster.h"

namespace baokms::e2e {
namespace {

constexpr Milliseconds kInterval{300};

Cluster ThreeNodes() { return Cluster({kInterval, kInterval, kInterval}); }

// Load for a while over the nodes that run; CHECKed to be clean. What was written comes on top of
// `earlier`.
std::vector<Written> LoadFor(const Cluster& cluster, Milliseconds time,
                             std::vector<Written> earlier) {
  ClusterLoad load({.sockets = cluster.Sockets(), .earlier = std::move(earlier)});
  std::this_thread::sleep_for(time);
  load.Stop();
  CheckClean(load.figures());
  return load.written();
}

std::vector<std::string> KeyIds(const std::vector<Answered>& answered) {
  std::vector<std::string> ids;
  for (const Answered& stretch : answered) ids.push_back(stretch.key_id);
  return ids;
}

// Exit 5 without a change of the files; what it said. `files` were put in place before.
std::string RefusedStartLine(Node& node, const StateFiles& files) {
  WriteStateFiles(node.config, files);
  node.config.tree["bootstrap"]["graceTimeout"] = "0s";
  node.config.Write();
  ProviderProcess provider(node.config);
  std::string line = CheckExits(provider, 5);
  CHECK(ReadStateFiles(node.config) == files);
  node.config.tree["bootstrap"]["graceTimeout"] = "5s";
  node.config.Write();
  return line;
}

TEST_CASE("Several nodes: one that was down for two rotations comes back with everything") {
  Cluster cluster = ThreeNodes();
  std::vector<Written> written = LoadFor(cluster, Milliseconds(300), {});
  cluster[2].serving->process.Kill();
  cluster[2].serving.reset();
  {
    ClusterLoad load({.sockets = cluster.Sockets(), .earlier = written});
    cluster.Rotate();
    cluster.Rotate();
    load.Stop();
    CheckClean(load.figures());
    written = load.written();
  }
  cluster[2].Start();
  ClusterLoad load({.sockets = cluster.Sockets(), .earlier = std::move(written)});
  REQUIRE(cluster.Reach(cluster.KeyIdOf(3)));
  std::this_thread::sleep_for(kInterval);
  load.Stop();
  CheckClean(load.figures());
  // Version 2 was never its active one.
  CHECK(KeyIds(load.answered()[2]) == std::vector{cluster.KeyIdOf(1), cluster.KeyIdOf(3)});
  CHECK(VersionsIn(ReadState(cluster[2].config), "active") == std::vector{3});
  CHECK(VersionsIn(ReadState(cluster[2].config), "retired") == std::vector{1, 2});
}

TEST_CASE("Several nodes: a state restored without its checkpoint is refused while peers go on") {
  Cluster cluster = ThreeNodes();
  cluster.Rotate();
  const StateFiles current = ReadStateFiles(cluster[2].config);
  cluster[2].Stop();
  const std::string line = RefusedStartLine(cluster[2], {.state = current.state, .checkpoint = ""});
  CHECK(line.find("copy both files") != std::string::npos);
  const std::vector<Written> written = LoadFor(cluster, kInterval, {});
  // As it says: both files, of this node's backup or of a peer.
  WriteStateFiles(cluster[2].config, ReadStateFiles(cluster[0].config));
  cluster[2].Start();
  LoadFor(cluster, kInterval, written);
}

TEST_CASE("Several nodes: state and checkpoint restored together come forward by metadata alone") {
  Cluster cluster = ThreeNodes();
  const StateFiles old = ReadStateFiles(cluster[2].config);
  std::vector<Written> written = LoadFor(cluster, Milliseconds(300), {});
  cluster.Rotate();
  written = LoadFor(cluster, Milliseconds(300), std::move(written));
  cluster.Rotate();
  const StateFiles current = ReadStateFiles(cluster[2].config);
  cluster[2].Stop();
  WriteStateFiles(cluster[2].config, old);

  // It starts as what its files say it is: nothing local contradicts them.
  cluster[2].Start();
  ClusterLoad load({.sockets = cluster.Sockets(),
                    .earlier = std::move(written),
                    .false_key_ids = {cluster.KeyIdOf(1, 1), cluster.KeyIdOf(3, -1)}});
  REQUIRE(cluster.Reach(cluster.KeyIdOf(3)));
  std::this_thread::sleep_for(kInterval);
  load.Stop();
  CheckClean(load.figures());
  CHECK(load.figures().forgeries > 0);
  const auto answered = load.answered();
  CHECK(KeyIds(answered[0]) == std::vector{cluster.KeyIdOf(3)});
  CHECK(KeyIds(answered[2]) == std::vector{cluster.KeyIdOf(1), cluster.KeyIdOf(3)});
  // Meanwhile it wrote under version 1, as its Status said; the load has seen its peers open that.
  const std::vector<Written> all = load.written();
  CHECK(std::ranges::any_of(
      all, [&](const Written& one) { return one.sealed.ciphertext.starts_with("vault:v1:"); }));
  // Its history is another one, its keys are the same.
  CHECK(ReadStateFiles(cluster[2].config) != current);
  CHECK(VersionsIn(ReadState(cluster[2].config), "active") == std::vector{3});
  CHECK(VersionsIn(ReadState(cluster[2].config), "retired") == std::vector{1, 2});
  const double behind =
      std::chrono::duration<double>(answered[2][0].last - answered[2][0].first).count();
  MESSAGE("on " << cluster.bench.openbao().name() << ": restored two rotations back, " << behind
                << " s under the old key_id, " << load.figures().forgeries
                << " forgeries refused meanwhile, " << load.figures().operations()
                << " operations");
}

TEST_CASE(
    "Several nodes: a restored state whose version OpenBao no longer decrypts encrypts nothing") {
  Cluster cluster = ThreeNodes();
  const StateFiles old = ReadStateFiles(cluster[2].config);
  cluster.Rotate();
  for (const auto& node : cluster.nodes) node->Stop();
  cluster.bench.setup.SetMinDecryptionVersion(2);
  Node& node = cluster[2];
  WriteStateFiles(node.config, old);
  node.config.tree["bootstrap"]["graceTimeout"] = "0s";
  node.config.Write();
  ProviderProcess provider(node.config);
  const std::string line = CheckServesUnhealthy(node.config, provider, "metadata_unverified");
  CHECK_MESSAGE(line.find("a version that must decrypt is gone") != std::string::npos, line);
  CHECK(ReadStateFiles(node.config) == old);
}

TEST_CASE("Several nodes: a new one is refused at bootstrap and starts from a peer's files") {
  Cluster cluster({kInterval, kInterval});
  std::vector<Written> written = LoadFor(cluster, kInterval, {});
  cluster.Rotate();
  cluster.nodes.push_back(std::make_unique<Node>(cluster.bench, kInterval));
  Node& joining = cluster[2];
  const std::string line = RefusedStartLine(joining, {});
  CHECK_MESSAGE(line.find("latest_version=2") != std::string::npos, line);

  // The checkpoint first: a peer that saves between the two copies leaves a pair that chains.
  StateFiles copied;
  copied.checkpoint = ReadStateFiles(cluster[0].config).checkpoint;
  copied.state = ReadStateFiles(cluster[0].config).state;
  WriteStateFiles(joining.config, copied);
  joining.Start();
  CHECK(joining.KeyId() == cluster.KeyIdOf(2));
  written = LoadFor(cluster, kInterval, std::move(written));
  cluster.Rotate();
  LoadFor(cluster, kInterval, std::move(written));
}

TEST_CASE("Several nodes: files copied from a peer amid a rotation start or say to copy again") {
  Cluster cluster({kInterval});
  cluster.nodes.push_back(std::make_unique<Node>(cluster.bench, kInterval));
  const std::string before = cluster.KeyIdOf(1);
  cluster.bench.setup.RotateKey();
  const std::string after = cluster.KeyIdOf(2);
  int started = 0;
  // Between the two copies the peer may save: none, one or several generations.
  for (const Milliseconds between : {Milliseconds(0), kInterval, 4 * kInterval}) {
    StateFiles copied;
    copied.checkpoint = ReadStateFiles(cluster[0].config).checkpoint;
    std::this_thread::sleep_for(between);
    copied.state = ReadStateFiles(cluster[0].config).state;
    WriteStateFiles(cluster[1].config, copied);
    ProviderProcess joining(cluster[1].config);
    if (joining.WaitServing()) {
      ++started;
      const testing::KmsStub stub(cluster[1].config.socket());
      const std::string answered = stub.Status().key_id;
      CHECK((answered == before || answered == after));
      CHECK(joining.Terminate() == testing::ExitStatus{.code = 0, .signal = std::nullopt});
    } else {
      CHECK(CheckExits(joining, 5).find("ROLLBACK") != std::string::npos);
    }
  }
  CHECK(started >= 1);
}

}  // namespace
}  // namespace baokms::e2e
