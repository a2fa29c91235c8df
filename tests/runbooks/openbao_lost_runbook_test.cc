// docs/runbooks/disaster-recovery.md, where OpenBao itself lost something. A real server is set
// back to a copy of its storage, the emulator forgets by its control endpoint.
#include <sys/stat.h>

#include "tests/runbooks/operator.h"
#include "tests/support/harness/real_openbao.h"

namespace baokms::runbooks {
namespace {

using e2e::Code;
using e2e::Milliseconds;

testing::RealOpenBao& Real() { return dynamic_cast<testing::RealOpenBao&>(e2e::SharedOpenBao()); }

bool AllUnhealthy(const Cluster& cluster) {
  return e2e::Eventually(Milliseconds(15000), [&] {
    return std::ranges::none_of(cluster.nodes,
                                [](const auto& node) { return node->serving->Healthy(); });
  });
}

bool AllHealthy(const Cluster& cluster) {
  return e2e::Eventually(Milliseconds(60000), [&] {
    return std::ranges::all_of(cluster.nodes,
                               [](const auto& node) { return node->serving->Healthy(); });
  });
}

RUNBOOK_CASE("Runbook", "disaster-recovery", "The Transit key is gone") {
  e2e::UseRaftStorage();
  Cluster cluster({kInterval});
  Node& node = cluster[0];
  person.Store("written before", "a value", node);
  const e2e::StateFiles files = e2e::ReadStateFiles(node.config);
  if (e2e::OnRealOpenBao()) {
    Real().SaveStorage();
    cluster.bench.setup.DeleteKey();
  } else {
    e2e::SharedEmulator().QueueFault({{"operation", "transit_metadata_read"},
                                      {"count", -1},
                                      {"status", 404},
                                      {"body", {{"errors", testing::Json::array()}}}});
  }
  REQUIRE(AllUnhealthy(cluster));
  // The emulator only hides the key from the provider.
  person.DoWithBao("list", node, [] {}, /*code=*/e2e::OnRealOpenBao() ? 2 : 0);
  CHECK(e2e::ReadStateFiles(node.config) == files);

  if (e2e::OnRealOpenBao()) {
    // What the page forbids: the node does not take it for its own. Creation times are whole
    // seconds: a key made anew within the same one could not be told apart.
    std::this_thread::sleep_for(Milliseconds(1100));
    cluster.bench.setup.CreateKey();
    std::this_thread::sleep_for(3 * kInterval);
    CHECK_FALSE(node.serving->Healthy());
    CHECK_FALSE(person.Read("written before", node).status.ok());
    CHECK(e2e::ReadStateFiles(node.config) == files);
    Real().RestoreStorage();
  } else {
    e2e::SharedEmulator().emulator().Control("DELETE", "faults", testing::Json::object());
  }
  REQUIRE(AllHealthy(cluster));
  person.Do("ready", node);
  CHECK(person.Read("written before", node).plaintext == "a value");
}

RUNBOOK_CASE("Runbook", "disaster-recovery", "OpenBao came back from an older backup") {
  e2e::UseRaftStorage();
  Cluster cluster({kInterval, kInterval});
  person.Store("in the backup", "a value", cluster[0]);
  const e2e::StateFiles files = e2e::ReadStateFiles(cluster[0].config);
  mkdir(person.copies().c_str(), 0700);
  const std::string copy = person.copies() + "/key-registry.json";
  testing::WriteWholeFile(copy, files.state, 0600);
  testing::WriteWholeFile(copy + ".checkpoint", files.checkpoint, 0600);
  if (e2e::OnRealOpenBao()) Real().SaveStorage();
  cluster.Rotate();
  person.Store("lost", "a value", cluster[0]);
  if (e2e::OnRealOpenBao()) {
    Real().RestoreStorage();
  } else {
    const testing::SetupOptions& names = cluster.bench.setup.options();
    REQUIRE(
        e2e::SharedEmulator()
            .emulator()
            .Control(
                "POST", "transit/roll-back",
                {{"mount", names.transit_mount}, {"key", names.key_name}, {"latest_version", 1}})
            .status < 300);
  }
  REQUIRE(AllUnhealthy(cluster));
  REQUIRE(e2e::Eventually(Milliseconds(60000), [&] {
    return Has(cluster[0].serving->Ready().dump(), "version_rollback");
  }));
  const std::string seen = person.DoWithBao("latest", cluster[0]);
  CHECK((seen.empty() || Has(seen, "version_rollback")));
  CHECK(person.Read("in the backup", cluster[0]).plaintext == "a value");

  for (const auto& node : cluster.nodes) person.Do("go-back", *node);
  for (const auto& node : cluster.nodes) {
    person.Do("ready", *node);
    CHECK(person.Read("in the backup", *node).plaintext == "a value");
    CHECK(person.Read("lost", *node).status.code == static_cast<int>(Code::kNotFound));
  }
  // The next version 2 has another key_id: it is never taken for the lost one.
  const std::string lost = person.Stored("lost").key_id;
  std::this_thread::sleep_for(Milliseconds(1000));
  cluster.Rotate();
  CHECK(cluster[0].KeyId() != lost);
  CHECK(person.Read("lost", cluster[0]).status.code == static_cast<int>(Code::kNotFound));
}

}  // namespace
}  // namespace baokms::runbooks
