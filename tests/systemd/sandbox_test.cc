// What the unit lets a process do: a probe runs with every line of the unit but those that name the
// program and its notifications.
#include <doctest/doctest.h>

#include <filesystem>
#include <regex>

#include "tests/systemd/node.h"

namespace baokms::systemd_tests {
namespace {

TEST_CASE("Sandbox: the unit allows what the provider needs and nothing of what it does not") {
  if (Node::Skipped()) return;
  Node node;
  BootedMachine& machine = node.machine;
  std::filesystem::copy_file(BAOKMS_SANDBOX_PROBE, machine.At("/usr/lib/sandbox-probe"));
  std::string unit = machine.Read("/usr/lib/systemd/system/bao-kms-provider.service");
  const auto replace = [&unit](const char* line, const char* with) {
    const std::string changed = std::regex_replace(unit, std::regex(line), with);
    REQUIRE(changed != unit);
    unit = changed;
  };
  replace("Type=notify", "Type=oneshot\nStandardOutput=file:/var/log/probe");
  replace("ExecStart=[^\n]*", "ExecStart=/usr/lib/sandbox-probe");
  replace("Restart=always\n", "");
  replace("WatchdogSec=[^\n]*\n", "");
  replace("Before=kubelet.service", "");
  machine.Write("/etc/systemd/system/sandbox-probe.service", unit);
  machine.Boot();
  node.SetUp();
  machine.Must("echo x >/tmp/of-somebody && chmod 0644 /tmp/of-somebody");
  machine.Must("systemctl start sandbox-probe.service");
  CHECK(machine.Read("/var/log/probe") ==
        "reads the configuration: ok\n"
        "reads the credential: ok\n"
        "writes the state: ok\n"
        "gives a socket to its group: ok\n"
        "locks 1 MiB: ok\n"
        "unix socket: ok\n"
        "IPv4 socket: ok\n"
        "IPv6 socket: ok\n"
        "seccomp: ok\n"
        "landlock: ok\n"
        "writes the configuration: EROFS\n"
        "writes beside the state: EROFS\n"
        "writes to /etc: EROFS\n"
        "writes to /usr: EROFS\n"
        "writes to /var: EROFS\n"
        "sees /home: EACCES\n"
        "sees /root: EACCES\n"
        "sees a file in /tmp: ENOENT\n"
        "sees another process: ENOENT\n"
        "sees /proc/sys: ENOENT\n"
        "sees a disk or the kernel log: ENOENT\n"
        "executes a shell: EACCES\n"
        "executes what it wrote as state: EACCES\n"
        "executes what it wrote beside the socket: EACCES\n"
        "executes what it wrote to /tmp: EACCES\n"
        "executes what it wrote to /dev/shm: EACCES\n"
        "makes code at run time: EPERM\n"
        "netlink socket: EAFNOSUPPORT\n"
        "packet socket: EAFNOSUPPORT\n"
        "makes a user namespace: EPERM\n"
        "mounts: EPERM\n"
        "traces: EPERM\n"
        "sets a set-group-id bit: EPERM\n"
        "adds a key to a keyring: EPERM\n"
        "core: 0\n"
        "CapEff:\t0000000000000000\n"
        "CapBnd:\t0000000000000000\n"
        "NoNewPrivs:\t1\n");
}

}  // namespace
}  // namespace baokms::systemd_tests
