// What systemd does when the provider dies, hangs, cannot start or is replaced.
#include <doctest/doctest.h>
#include <signal.h>

#include <chrono>
#include <thread>

#include "tests/systemd/node.h"

namespace baokms::systemd_tests {
namespace {

using Seconds = std::chrono::duration<double>;

TEST_CASE("Recovery: a killed provider leaves its socket and is back after RestartSec") {
  if (Node::Skipped()) return;
  Node node;
  node.machine.Boot();
  node.SetUp();
  const pid_t before = node.machine.ProviderPid();
  const auto killed = std::chrono::steady_clock::now();
  REQUIRE(kill(before, SIGKILL) == 0);
  CHECK(e2e::Eventually(Milliseconds(3000),
                        [&] { return node.machine.Property("SubState") == "auto-restart"; }));
  CHECK(node.machine.Exists("/run/openbao-kms/kms.sock"));
  node.AwaitAnother(before, Milliseconds(15000));
  const Seconds away = std::chrono::steady_clock::now() - killed;
  CHECK(away.count() >= 5);
  CHECK(away.count() < 10);
  CHECK(node.machine.Property("NRestarts") == "1");
  node.CheckAnswers();
}

TEST_CASE("Recovery: a provider whose control loop stands still is killed by the watchdog") {
  if (Node::Skipped()) return;
  Node node;
  node.machine.Boot();
  node.SetUp();
  const pid_t before = node.machine.ProviderPid();
  // Fed regularly: without a hang nothing happens for longer than WatchdogSec.
  std::this_thread::sleep_for(std::chrono::seconds(70));
  REQUIRE(node.machine.ProviderPid() == before);
  REQUIRE(kill(before, SIGSTOP) == 0);
  // WatchdogSec since the last turn, then SIGABRT, then RestartSec.
  node.AwaitAnother(before, Milliseconds(90000));
  CHECK(node.machine.Journal().contains("Watchdog timeout (limit 1min)!"));
  node.CheckAnswers();
}

TEST_CASE("Recovery: a provider that cannot start is given up after ten starts in a minute") {
  if (Node::Skipped()) return;
  Node node;
  node.machine.Boot();
  node.SetUp();
  const BootedMachine& machine = node.machine;
  machine.Must("echo 'nonsense: true' >>/etc/openbao-kms/config.yaml");
  machine.Shell("systemctl restart bao-kms-provider");
  CHECK(e2e::Eventually(Milliseconds(90000), [&] {
    return machine.Property("ActiveState") == "failed" &&
           machine.Journal().contains("Start request repeated too quickly");
  }));
  CHECK(machine.Journal().contains("config invalid"));
  // As an operator recovers from it.
  machine.Must("sed -i '/^nonsense/d' /etc/openbao-kms/config.yaml");
  machine.Must("systemctl reset-failed bao-kms-provider && systemctl start bao-kms-provider");
  node.CheckAnswers();
}

TEST_CASE("Recovery: a replaced program is run from the next restart on") {
  if (Node::Skipped()) return;
  Node node;
  node.machine.Boot();
  node.SetUp();
  const BootedMachine& machine = node.machine;
  const auto inode_run = [&] {
    return machine.Must("stat -L -c %i /proc/" + machine.Property("MainPID") + "/exe");
  };
  const std::string old = inode_run();
  // As a package manager does: another file takes the name.
  machine.Must(
      "cp /usr/bin/bao-kms-provider /usr/bin/.new && mv /usr/bin/.new /usr/bin/bao-kms-provider");
  node.CheckAnswers();
  CHECK(inode_run() == old);
  machine.Must("systemctl restart bao-kms-provider");
  node.CheckAnswers();
  CHECK(inode_run() != old);
  CHECK(inode_run() == machine.Must("stat -c %i /usr/bin/bao-kms-provider"));
  CHECK(machine.Property("NRestarts") == "0");
}

TEST_CASE("Recovery: a stop drains and removes the socket and a reload reads the log level") {
  if (Node::Skipped()) return;
  Node node;
  node.machine.Boot();
  node.SetUp();
  const BootedMachine& machine = node.machine;
  machine.Must("systemctl reload bao-kms-provider");
  CHECK(e2e::Eventually(Milliseconds(5000),
                        [&] { return machine.Journal().contains("log_level.reloaded"); }));
  machine.Must("systemctl stop bao-kms-provider");
  CHECK(machine.Property("Result") == "success");
  CHECK_FALSE(machine.Exists("/run/openbao-kms/kms.sock"));
  CHECK(machine.Exists("/run/openbao-kms"));
}

}  // namespace
}  // namespace baokms::systemd_tests
