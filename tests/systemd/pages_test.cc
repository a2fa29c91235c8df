// docs/systemd.md and the systemd part of docs/install.md: their commands, as they stand there,
// work on a machine with a real systemd. (tests/runbooks runs those of install.md with stand-ins.)
#include <doctest/doctest.h>

#include "tests/systemd/node.h"
#include "tests/systemd/page_commands.h"

namespace baokms::systemd_tests {
namespace {

TEST_CASE("Pages: the last two phases by hand lead to a node that serves") {
  if (Node::Skipped()) return;
  Node node;
  node.machine.Boot();
  node.Init();
  node.Phase("prepare");
  node.Phase(kInstallFlags);
  const auto commands = CommandsOf("install.md");
  const std::string checked = node.machine.Must(commands.at("doctor"));
  CHECK(checked.contains("[pass] transit.probe"));
  CHECK_FALSE(checked.contains("[fail]"));
  CHECK(node.machine.Must(commands.at("start")).contains("[pass] kms.key_id"));
}

TEST_CASE("Pages: the commands of the systemd page do what it says") {
  if (Node::Skipped()) return;
  Node node;
  const BootedMachine& machine = node.machine;
  node.machine.Boot();
  const auto commands = CommandsOf("systemd.md");
  machine.Must("userdel openbao-kms && rmdir /run/openbao-kms");
  machine.Must(commands.at("apply"));
  CHECK(machine.Must("stat -c %U:%G /run/openbao-kms") == "openbao-kms:openbao-kms-socket");

  node.SetUp();
  const std::string watched = machine.Must(commands.at("watch"));
  CHECK(watched.contains("Status: \"serving\""));
  CHECK(watched.contains("serve.ready"));
  machine.Must(commands.at("reload"));
  CHECK(e2e::Eventually(Milliseconds(5000),
                        [&] { return machine.Journal().contains("log_level.reloaded"); }));

  // OpenBao is on this machine here, which the example lets through.
  machine.Must(commands.at("drop-in"));
  CHECK(machine.Property("DropInPaths").ends_with("/addresses.conf"));
  CHECK(machine.Property("IPAddressDeny").contains("::/0"));
  CHECK(machine.Property("IPAddressAllow").contains("192.0.2.10/32"));
  node.CheckAnswers();
}

}  // namespace
}  // namespace baokms::systemd_tests
