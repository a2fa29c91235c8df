// The .deb on a machine whose systemd runs it (security-and-deployment.md, "Packages and
// releases").
#include <doctest/doctest.h>

#include <filesystem>
#include <string>

#include "tests/support/harness/harness_error.h"
#include "tests/support/skip.h"
#include "tests/systemd/node.h"

namespace baokms::systemd_tests {
namespace {

namespace fs = std::filesystem;

// BAOKMS_PACKAGES/first/*.deb for this machine's processor, and /second of a higher version.
fs::path Deb(const char* which) {
  constexpr const char* kEnd = "_" BAOKMS_DEBIAN_ARCHITECTURE ".deb";
  for (const auto& file : fs::directory_iterator(fs::path(BAOKMS_PACKAGES) / which)) {
    if (file.path().filename().string().ends_with(kEnd)) return file.path();
  }
  throw testing::HarnessError("no .deb");
}

bool Skipped() {
  if (Node::Skipped()) return true;
  if (fs::exists(fs::path(BAOKMS_PACKAGES) / "second")) return false;
  return testing::SaySkipped("no packages: cmake --preset release && cmake --build build/release");
}

// The machine of the tests of systemd comes with the files that the package will bring.
void RemoveWhatIsInstalled(const BootedMachine& machine) {
  for (const char* path :
       {"/usr/bin/bao-kms-provider", "/usr/lib/systemd/system/bao-kms-provider.service",
        "/usr/lib/sysusers.d/bao-kms-provider.conf", "/usr/lib/tmpfiles.d/bao-kms-provider.conf",
        "/usr/share/doc/bao-kms-provider", "/usr/share/bao-kms-provider"}) {
    fs::remove_all(machine.OnDisk(path));
  }
}

// The running program is the one that is installed, not one whose file is gone.
void CheckRunsWhatIsInstalled(const BootedMachine& machine) {
  CHECK(machine.Must("readlink /proc/$(systemctl show --value -p MainPID bao-kms-provider)/exe") ==
        "/usr/bin/bao-kms-provider");
}

TEST_CASE("Package: it is upgraded under a running service and goes back and is removed") {
  if (Skipped()) return;
  Node node;
  const BootedMachine& machine = node.machine;
  RemoveWhatIsInstalled(machine);
  for (const char* which : {"first", "second"}) {
    fs::copy_file(Deb(which), machine.OnDisk(std::string("/root/") + which + ".deb"));
  }
  node.machine.Boot();
  machine.Must("dpkg --install /root/first.deb");
  CHECK(machine.Property("UnitFileState") == "disabled");
  CHECK(machine.Property("ActiveState") == "inactive");
  node.SetUp();
  node.CheckAnswers();
  CHECK(machine.Property("UnitFileState") == "enabled");
  const std::string registry = machine.Must("cat /var/lib/openbao-kms/state/key-registry.json");

  // dpkg returns when the new program serves.
  pid_t before = machine.ProviderPid();
  CHECK_FALSE(machine.Must("dpkg --install /root/second.deb 2>&1").contains("did not start"));
  CHECK(node.Answers());
  CHECK(machine.ProviderPid() != before);
  CheckRunsWhatIsInstalled(machine);
  node.machine.Reboot();
  node.CheckAnswers();

  // Back, with the administrator's word that nothing is restarted.
  machine.Write("/usr/sbin/policy-rc.d", "#!/bin/sh\nexit 101\n", 0755);
  before = machine.ProviderPid();
  machine.Must("dpkg --install /root/first.deb 2>&1");
  CHECK(machine.ProviderPid() == before);
  CHECK(node.Answers());
  machine.Must("rm /usr/sbin/policy-rc.d && systemctl restart bao-kms-provider");
  node.CheckAnswers();
  CheckRunsWhatIsInstalled(machine);

  // A program that does not start leaves a package that is installed.
  machine.Must(
      "cp -p /etc/openbao-kms/config.yaml /root/good && echo wrong: 1 "
      ">>/etc/openbao-kms/config.yaml");
  CHECK(machine.Must("dpkg --install /root/second.deb 2>&1")
            .contains("the new program did not start"));
  CHECK(machine.Must("dpkg-query --show --showformat='${db:Status-Status}' bao-kms-provider") ==
        "installed");
  machine.Must(
      "cp -p /root/good /etc/openbao-kms/config.yaml && systemctl restart bao-kms-provider");
  node.CheckAnswers();

  // As apt does when another variant takes its place: what has run, runs again.
  machine.Must("dpkg --remove bao-kms-provider");
  CHECK(machine.Property("ActiveState") == "inactive");
  machine.Must("dpkg --install /root/first.deb");
  CHECK(machine.Property("UnitFileState") == "enabled");
  node.CheckAnswers();
  // But not what the administrator had stopped.
  machine.Must("systemctl stop bao-kms-provider && dpkg --remove bao-kms-provider");
  machine.Must("dpkg --install /root/first.deb");
  CHECK(machine.Property("ActiveState") == "inactive");
  machine.Must("systemctl start bao-kms-provider");
  node.CheckAnswers();

  machine.Must("dpkg --purge bao-kms-provider");
  CHECK(machine.Property("ActiveState") == "inactive");
  CHECK_FALSE(machine.Exists("/usr/bin/bao-kms-provider"));
  CHECK(machine.Exists("/etc/openbao-kms/config.yaml"));
  CHECK(machine.Must("cat /var/lib/openbao-kms/state/key-registry.json").size() >= registry.size());
  machine.Must("dpkg --install /root/first.deb && systemctl enable --quiet --now bao-kms-provider");
  node.CheckAnswers();
}

}  // namespace
}  // namespace baokms::systemd_tests
