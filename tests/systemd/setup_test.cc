// node-setup.sh on a machine whose systemd runs the shipped unit (reports-and-labels.md, "init").
#include <doctest/doctest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tests/systemd/node.h"

namespace baokms::systemd_tests {
namespace {

// Two of the same at once, to their ends.
void CheckTwice(const Node& node, const std::string& phase) {
  CAPTURE(phase);
  const testing::TempDirectory output;
  const auto start = [&](const char* name) {
    return std::make_unique<testing::ChildProcess>(testing::ChildProcess::Options{
        .argv = node.machine.Inside({"/bin/bash", "-c", "/root/bundle/node-setup.sh " + phase}),
        .stdout_file = output.File(name),
        .stderr_file = output.File(name)});
  };
  const auto one = start("one");
  const auto two = start("two");
  const testing::ExitStatus ok{.code = 0, .signal = std::nullopt};
  const bool both = one->Wait(Milliseconds(200000)) == ok && two->Wait(Milliseconds(200000)) == ok;
  INFO(one->Stdout());
  INFO(two->Stdout());
  CHECK(both);
}

TEST_CASE("Node setup: four phases lead to a unit that serves and that each boot starts") {
  if (Node::Skipped()) return;
  Node node;
  node.machine.Boot();
  node.Init();
  node.Phase("prepare");
  node.Phase(kInstallFlags);
  node.Phase("check");
  const std::string said = node.Phase("start");
  CHECK(said.contains("[pass] kms.decrypt"));
  const BootedMachine& machine = node.machine;
  CHECK(machine.Active());
  CHECK(machine.Property("UnitFileState") == "enabled");
  CHECK(machine.Property("FragmentPath").ends_with("/lib/systemd/system/bao-kms-provider.service"));
  CHECK(machine.Property("DropInPaths").empty());
  CHECK(machine.Property("SupplementaryGroups") == "openbao-kms-socket");
  // Secrets are locked in the unit's memory limit.
  CHECK_FALSE(machine.Journal().contains("memory.not_locked"));
  // What the provider restricts itself with works within the unit's sandbox.
  CHECK(machine.Journal().contains("seccomp.enforced"));
  const bool has_landlock = syscall(SYS_landlock_create_ruleset, nullptr, 0, 1) >= 1;
  CHECK(machine.Journal().contains("landlock.enforced") == has_landlock);

  // A boot makes the directories as they were.
  const std::string directories =
      "stat -c '%n %a %U:%G' /run/openbao-kms /etc/openbao-kms /etc/openbao-kms/tls "
      "/var/lib/openbao-kms /var/lib/openbao-kms/state";
  const std::string before = machine.Must(directories);
  CHECK(before ==
        "/run/openbao-kms 2750 openbao-kms:openbao-kms-socket\n"
        "/etc/openbao-kms 750 root:openbao-kms\n"
        "/etc/openbao-kms/tls 755 root:root\n"
        "/var/lib/openbao-kms 750 root:openbao-kms\n"
        "/var/lib/openbao-kms/state 750 openbao-kms:openbao-kms");
  node.machine.Reboot();
  node.CheckAnswers();
  CHECK(machine.Must(directories) == before);
}

TEST_CASE("Node setup: each phase twice at once does no harm") {
  if (Node::Skipped()) return;
  Node node;
  node.machine.Boot();
  node.Init();
  // So that both runs want to make the users.
  node.machine.Must(
      "chown root:root /run/openbao-kms /var/lib/openbao-kms/state && userdel openbao-kms && "
      "groupdel openbao-kms-socket");
  for (const char* phase : {"prepare", kInstallFlags, "check", "start"}) CheckTwice(node, phase);
  node.CheckAnswers();
  node.Phase("prepare");
  CHECK(node.machine.Must("getent passwd openbao-kms | wc -l") == "1");
  CHECK(node.machine.Must(
            "ls -A /etc/openbao-kms /var/lib/openbao-kms | grep -c node-setup || :") == "0");
}

TEST_CASE("Node setup: a socket and a state elsewhere and another group are given to the unit") {
  if (Node::Skipped()) return;
  Node node;
  node.values["server"]["socketPath"] = "/srv/kms/kms.sock";
  node.values["server"]["socketGroup"] = "kube-apiserver";
  node.values["state"]["path"] = "/srv/kms state/registry.json";
  node.machine.Boot();
  node.Init({"--allow-socket-parent", "/srv/kms"});
  node.Phase("prepare");
  node.Phase(kInstallFlags);
  node.Phase("check");
  CHECK(node.Phase("start").contains("[pass] kms.decrypt"));
  CHECK(node.machine.Must("stat -c '%a %U:%G' /srv/kms/kms.sock") ==
        "660 openbao-kms:kube-apiserver");
  node.machine.Reboot();
  CHECK(e2e::Eventually(Milliseconds(20000), [&] {
    return node.machine.Shell("bao-kms-provider probe --socket /srv/kms/kms.sock").code == 0;
  }));
}

}  // namespace
}  // namespace baokms::systemd_tests
