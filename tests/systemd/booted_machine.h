// A machine of a test's own whose PID 1 is systemd: Debian 12 in a container of systemd-nspawn, on
// this machine's network. Its disk is an overlay over a root that is made once (make_root.sh); a
// reboot keeps the disk and empties /run. Needs root, mounts, systemd-nspawn and debootstrap.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/e2e/support/bench.h"
#include "tests/support/harness/child_process.h"
#include "tests/support/harness/temp_directory.h"

namespace baokms::systemd_tests {

using e2e::CommandResult;
using e2e::Milliseconds;
using Arguments = std::vector<std::string>;

class BootedMachine {
 public:
  struct Options {
    std::string program = testing::ProviderProgram();
    Arguments packages = {};  // of Debian, besides those that the program needs
  };
  // Not booted yet: its disk can be written. With the program at /usr/bin and what deploy/systemd
  // installs.
  explicit BootedMachine(const Options& options);
  // Powers it off.
  ~BootedMachine();
  BootedMachine(const BootedMachine&) = delete;
  BootedMachine& operator=(const BootedMachine&) = delete;

  // Says so when this machine cannot have one.
  static bool Skipped();

  // Returns when systemd has reached basic.target: what multi-user.target wants is being started.
  void Boot();
  void PowerOff();
  void Reboot();

  // A path of its disk.
  std::string OnDisk(std::string_view path) const {
    return directory_.File("root") + std::string(path);
  }
  // The same; of a booted machine also of /run and /tmp.
  std::string At(std::string_view path) const;
  void Write(std::string_view path, std::string_view content, unsigned mode = 0644) const;
  std::string Read(std::string_view path) const;
  bool Exists(std::string_view path) const;

  // In the booted machine, as root, to its end; code -1: not within 200 s.
  CommandResult Run(Arguments argv) const;
  // The same in a shell.
  CommandResult Shell(const std::string& script) const { return Run({"/bin/bash", "-c", script}); }
  // The same; CHECKs exit 0. Its output without the last line end.
  std::string Must(const std::string& script) const;
  // For a program that stays, or several at once.
  Arguments Inside(Arguments argv) const;

  // A property of a unit: `systemctl show`.
  std::string Property(std::string_view property,
                       std::string_view unit = "bao-kms-provider.service") const;
  bool Active(std::string_view unit = "bao-kms-provider.service") const {
    return Property("ActiveState", unit) == "active";
  }
  // This boot's journal of the unit.
  std::string Journal(std::string_view unit = "bao-kms-provider.service") const;
  // The provider's process, numbered as it is outside; 0: none runs.
  pid_t ProviderPid() const;

 private:
  void FindLeader();

  testing::TempDirectory directory_{0755};
  std::string cgroup_;
  std::unique_ptr<testing::ChildProcess> nspawn_;
  pid_t leader_ = 0;  // its PID 1, numbered here
};

}  // namespace baokms::systemd_tests
