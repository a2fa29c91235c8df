// The order of a boot, and what an operator sees of a provider that waits
// (security-and-deployment.md, "Systemd").
#include <doctest/doctest.h>

#include "tests/systemd/node.h"

namespace baokms::systemd_tests {
namespace {

TEST_CASE("Boot: the kubelet starts when the provider serves and gets its answers") {
  if (Node::Skipped()) return;
  Node node;
  node.machine.Boot();
  node.SetUp();
  node.machine.Reboot();
  const BootedMachine& machine = node.machine;
  REQUIRE(e2e::Eventually(Milliseconds(60000), [&] { return machine.Active("kubelet.service"); }));
  const auto moment = [&](const char* property, const char* unit) {
    return std::stoll(machine.Property(property, unit));
  };
  CHECK(moment("ActiveEnterTimestampMonotonic", "bao-kms-provider.service") <=
        moment("ExecMainStartTimestampMonotonic", "kubelet.service"));
  CHECK(machine.Read("/var/log/kubelet").ends_with("\nexit 0\n"));
  CHECK(node.StatusText() == "serving");
}

TEST_CASE("Boot: without OpenBao the provider waits and says why and the kubelet waits for it") {
  if (Node::Skipped()) return;
  e2e::UseRaftStorage();
  Node node;
  node.values["bootstrap"]["graceTimeout"] = "180s";
  node.BootWithoutOpenBao();
  const BootedMachine& machine = node.machine;
  CHECK(e2e::Eventually(Milliseconds(20000), [&] {
    return node.StatusText() ==
           "waiting until Status is healthy: could not connect to openbao.address: check the "
           "address and that OpenBao is running";
  }));
  CHECK(machine.Shell("systemctl status bao-kms-provider").out.contains("Status: \"waiting until"));
  // Longer than TimeoutStartSec: only what the provider asks for keeps systemd waiting.
  std::this_thread::sleep_for(std::chrono::seconds(100));
  CHECK(machine.Property("ActiveState") == "activating");
  CHECK(machine.Property("NRestarts") == "0");
  CHECK(machine.Property("ActiveState", "kubelet.service") == "inactive");
  node.bench.openbao().Start();
  CHECK(e2e::Eventually(Milliseconds(30000), [&] { return machine.Active("kubelet.service"); }));
  CHECK(machine.Active());
  CHECK(machine.Property("NRestarts") == "0");
  CHECK(machine.Read("/var/log/kubelet").ends_with("\nexit 0\n"));
}

TEST_CASE("Boot: a start that outlasts graceTimeout lets the kubelet start and is tried again") {
  if (Node::Skipped()) return;
  e2e::UseRaftStorage();
  Node node;
  node.values["bootstrap"]["graceTimeout"] = "5s";
  node.BootWithoutOpenBao();
  const BootedMachine& machine = node.machine;
  CHECK(e2e::Eventually(Milliseconds(40000), [&] { return machine.Active("kubelet.service"); }));
  CHECK_FALSE(machine.Active());
  CHECK_FALSE(machine.Read("/var/log/kubelet").ends_with("\nexit 0\n"));
  node.bench.openbao().Start();
  CHECK(e2e::Eventually(Milliseconds(40000), [&] { return machine.Active(); }));
  node.CheckAnswers();
}

TEST_CASE("Boot: a node without a configuration or socket directory skips the unit") {
  if (Node::Skipped()) return;
  Node node;
  node.machine.Boot();
  // The package alone: users and directories are there, no configuration.
  const BootedMachine& machine = node.machine;
  machine.Must("systemctl start bao-kms-provider.service");
  CHECK(machine.Property("ConditionResult") == "no");
  CHECK(machine.Property("ActiveState") == "inactive");
  node.SetUp();
  machine.Must("systemctl stop bao-kms-provider && mv /run/openbao-kms /run/elsewhere");
  machine.Must("systemctl start bao-kms-provider.service");
  CHECK(machine.Property("ConditionResult") == "no");
  machine.Must("systemd-tmpfiles --create && systemctl start bao-kms-provider.service");
  node.CheckAnswers();
}

TEST_CASE("Boot: Status that becomes unhealthy is shown while the provider serves") {
  if (Node::Skipped()) return;
  Node node;
  node.values["status"] = {{"probeInterval", "1s"}, {"deepProbeInterval", "2s"}};
  node.machine.Boot();
  node.SetUp();
  node.bench.openbao().Seal();
  CHECK(e2e::Eventually(Milliseconds(30000), [&] {
    return node.StatusText() == "serving, but Status is unhealthy: OpenBao is sealed: unseal it";
  }));
  CHECK(node.machine.Active());
  node.bench.openbao().Unseal();
  CHECK(e2e::Eventually(Milliseconds(30000), [&] { return node.StatusText() == "serving"; }));
}

}  // namespace
}  // namespace baokms::systemd_tests
