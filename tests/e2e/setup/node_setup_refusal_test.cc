// What node-setup.sh refuses or is not led astray by: files, owners, flags, the environment
// (reports-and-labels.md, "init").
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <filesystem>
#include <thread>

#include "tests/e2e/support/node_setup_case.h"

namespace baokms::e2e {
namespace {

namespace fs = std::filesystem;

TEST_CASE("Node setup: a file that differs stays until its replacement is asked for") {
  NodeSetup node;
  if (node.Skipped()) return;
  node.Init();
  node.PrepareAndInstall();
  const ScratchMachine& machine = node.machine;
  const std::string before = machine.Read(kConfig);
  node.values["logging"]["level"] = "warn";
  node.Init();
  node.Fails({"install"}, "config.yaml exists and differs");
  REQUIRE(unlink(machine.At(kJwt).c_str()) == 0);  // and nothing else is begun
  node.Fails(node.InstallFlags(), "config.yaml exists and differs");
  machine.Write(kJwt, "another", 0640);
  node.Passes({"install", "--replace"});
  CHECK(machine.Read(kConfig) == machine.Read("/bundle/config.yaml"));
  int kept = 0;
  for (const auto& entry : fs::directory_iterator(machine.At("/etc/openbao-kms"))) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with("config.yaml.before-")) continue;
    ++kept;
    CHECK(machine.Read("/etc/openbao-kms/" + name) == before);
  }
  CHECK(kept == 1);

  // Of a credential nothing is kept.
  machine.Write("/given/identity.jwt", node.bench.setup.MintJwt({{"jti", "2"}}), 0600);
  node.Fails(node.InstallFlags(), "identity.jwt exists and differs");
  auto replacing = node.InstallFlags();
  replacing.emplace_back("--replace");
  node.Passes(replacing);
  CHECK(machine.Read(kJwt) == machine.Read("/given/identity.jwt"));
  for (const auto& entry : fs::directory_iterator(machine.At("/var/lib/openbao-kms"))) {
    CHECK_FALSE(Mentions(entry.path().filename().string(), "before"));
  }
}

TEST_CASE("Node setup: unfit files are named before anything is installed") {
  NodeSetup node;
  if (node.Skipped()) return;
  node.Init();
  node.Passes({"prepare"});
  const ScratchMachine& machine = node.machine;
  node.Fails({"install", "--ca", "/given/ca.pem"}, "give it with --credential FILE");
  node.Fails({"install", "--credential", "/given/identity.jwt"}, "give it with --ca FILE");
  node.Fails({"install", "--ca", "/given/ca.pem", "--credential", "/given/none"},
             "given with --credential cannot be read");
  machine.Write("/given/empty", "", 0600);
  node.Fails({"install", "--ca", "/given/ca.pem", "--credential", "/given/empty"},
             "for --credential is empty");
  node.Fails({"install", "--ca", "/given/identity.jwt", "--credential", "/given/identity.jwt"},
             "contains no PEM certificate");
  machine.Write("/given/key.pem", machine.Read("/given/ca.pem") + "-----BEGIN PRIVATE KEY-----\n",
                0600);
  node.Fails({"install", "--ca", "/given/key.pem", "--credential", "/given/identity.jwt"},
             "contains a private key");

  machine.Write(kJwt, "a", 0644);
  node.Fails({"install", "--ca", "/given/ca.pem"}, "is open to every user");
  REQUIRE(unlink(machine.At(kJwt).c_str()) == 0);
  fs::create_symlink("/given/identity.jwt", machine.At(kJwt));
  node.Fails(node.InstallFlags(), "identity.jwt is a symbolic link");
  REQUIRE(unlink(machine.At(kJwt).c_str()) == 0);
  fs::create_directory(machine.At(kJwt));
  node.Fails(node.InstallFlags(), "is not a regular file");
  fs::remove(machine.At(kJwt));

  REQUIRE(chmod(machine.At("/given/identity.jwt").c_str(), 0644) == 0);
  CHECK(Mentions(node.Passes(node.InstallFlags()), "note: the file given with --credential"));
  REQUIRE(unlink(machine.At("/bundle/encryption-config.yaml").c_str()) == 0);
  node.Fails({"install"}, "copy the whole bundle");
}

TEST_CASE("Node setup: a node without the program is told where it comes from") {
  NodeSetup node;
  if (node.Skipped()) return;
  node.Init();
  node.PrepareAndInstall();
  node.Fails({"check"}, "the program /usr/bin/bao-kms-provider is not on this node");
}

TEST_CASE("Node setup: a directory of somebody else is never taken over") {
  NodeSetup node;
  if (node.Skipped()) return;
  const ScratchMachine& machine = node.machine;
  fs::create_directories(machine.At("/srv/shared"));
  node.values["state"]["path"] = "/srv/shared/key-registry.json";
  node.Init();
  const CommandResult refused = node.Phase({"prepare"});
  CHECK(refused.code == 1);
  CHECK(Mentions(refused.err, "the directory /srv/shared exists"));
  CHECK(Mentions(refused.err, "chown "));
  CHECK(machine.ModeAndOwner("/srv/shared") == "0755 0:0");
}

// A directory of the machine that belongs to root, with one file, and how both looked before.
struct Victim {
  explicit Victim(const ScratchMachine& its_machine) : machine(its_machine) {
    fs::create_directories(machine.At("/victim/inner"));
    machine.Write("/victim/inner/identity.jwt", "of somebody else", 0600);
    machine.Write("/victim/identity.jwt", "of somebody else", 0600);
  }
  void CheckUntouched() const {
    CHECK(machine.ModeAndOwner("/victim") == "0755 0:0");
    CHECK(machine.ModeAndOwner("/victim/inner") == "0755 0:0");
    for (const char* file : {"/victim/identity.jwt", "/victim/inner/identity.jwt"}) {
      CHECK(machine.ModeAndOwner(file) == "0600 0:0");
      CHECK(machine.Read(file) == "of somebody else");
    }
    int entries = 0;
    for ([[maybe_unused]] const auto& entry :
         fs::recursive_directory_iterator(machine.At("/victim"))) {
      ++entries;
    }
    CHECK(entries == 3);
  }
  const ScratchMachine& machine;
};

TEST_CASE("Node setup: a link that the provider planted leads root to nothing") {
  NodeSetup node;
  if (node.Skipped()) return;
  const ScratchMachine& machine = node.machine;
  const Victim victim(machine);
  const auto plant = [&](const std::string& path) {
    fs::remove_all(machine.At(path));
    fs::create_directory_symlink("/victim", machine.At(path));
    const auto user = static_cast<uid_t>(std::stoul(machine.Id("passwd", "openbao-kms")));
    REQUIRE(lchown(machine.At(path).c_str(), user, user) == 0);
  };
  SUBCASE("above a directory in its state's directory") {
    node.values["auth"]["jwt"]["jwtFile"] = "/var/lib/openbao-kms/state/own/inner/identity.jwt";
    node.Init();
    node.Passes({"prepare"});
    plant("/var/lib/openbao-kms/state/own");
    node.Fails({"prepare"}, "/var/lib/openbao-kms/state/own is a symbolic link");
    node.Fails(node.InstallFlags(), "/var/lib/openbao-kms/state/own is a symbolic link");
  }
  SUBCASE("above a directory that is still to be made") {
    node.values["auth"]["jwt"]["jwtFile"] = "/var/lib/openbao-kms/state/own/new/identity.jwt";
    node.Init();
    node.Passes({"prepare"});
    plant("/var/lib/openbao-kms/state/own");
    node.Fails({"prepare"}, "/var/lib/openbao-kms/state/own is a symbolic link");
  }
  SUBCASE("above its state") {
    node.values["state"]["path"] = "/run/openbao-kms/own/inner/key-registry.json";
    node.Init();
    node.Passes({"prepare"});
    plant("/run/openbao-kms/own");
    node.Fails({"prepare"}, "/run/openbao-kms/own is a symbolic link");
  }
  SUBCASE("above its socket") {
    node.values["server"]["socketPath"] = "/run/openbao-kms/own/inner/kms.sock";
    node.Init();
    node.Passes({"prepare"});
    plant("/run/openbao-kms/own");
    node.Fails({"prepare"}, "/run/openbao-kms/own is a symbolic link");
  }
  SUBCASE("above a file that is there") {
    node.values["auth"]["jwt"]["jwtFile"] = "/var/lib/openbao-kms/state/own/identity.jwt";
    node.Init();
    node.Passes({"prepare"});
    plant("/var/lib/openbao-kms/state/own");
    auto flags = node.InstallFlags();
    flags.emplace_back("--replace");
    node.Fails(flags, "/var/lib/openbao-kms/state/own is a symbolic link");
  }
  victim.CheckUntouched();
}

TEST_CASE("Node setup: a directory that turns into a link meanwhile leads root to nothing") {
  NodeSetup node;
  if (node.Skipped()) return;
  const ScratchMachine& machine = node.machine;
  node.values["auth"]["jwt"]["jwtFile"] = "/var/lib/openbao-kms/state/own/inner/identity.jwt";
  node.Init();
  node.Passes({"prepare"});
  const Victim victim(machine);
  const std::string own = machine.At("/var/lib/openbao-kms/state/own");
  const std::string link = machine.At("/var/lib/openbao-kms/state/link");
  fs::create_directory_symlink("/victim", link);
  std::atomic<bool> over = false;
  std::atomic<int> swaps = 0;
  std::thread provider([&] {
    while (!over) {
      if (renameat2(AT_FDCWD, own.c_str(), AT_FDCWD, link.c_str(), RENAME_EXCHANGE) == 0) ++swaps;
      std::this_thread::sleep_for(std::chrono::microseconds(500));
    }
  });
  // Each may say that there is a link.
  for (int i = 0; i < 60; ++i) node.Phase({"prepare"});
  over = true;
  provider.join();
  CHECK(swaps > 100);
  victim.CheckUntouched();
}

TEST_CASE("Node setup: root writes no file where another user could plant a link meanwhile") {
  NodeSetup node;
  if (node.Skipped()) return;
  const ScratchMachine& machine = node.machine;
  SUBCASE("in the provider's own directory") {
    node.values["auth"]["jwt"]["jwtFile"] = "/var/lib/openbao-kms/state/identity.jwt";
    node.Init();
    node.Passes({"prepare"});
  }
  SUBCASE("below a directory of another user") {
    node.values["auth"]["jwt"]["jwtFile"] = "/srv/other/jwt/identity.jwt";
    fs::create_directories(machine.At("/srv/other/jwt"));
    REQUIRE(chown(machine.At("/srv/other").c_str(), 12345, 12345) == 0);
    node.Init();
    node.Passes({"prepare"});
  }
  SUBCASE("in a directory that everybody may write") {
    node.values["auth"]["jwt"]["jwtFile"] = "/srv/all/identity.jwt";
    fs::create_directories(machine.At("/srv/all"));
    REQUIRE(chmod(machine.At("/srv/all").c_str(), 0777) == 0);
    node.Init();
    node.Passes({"prepare"});
  }
  node.Fails(node.InstallFlags(), "another user than root can replace");
}

TEST_CASE("Node setup: a link that root made is followed") {
  NodeSetup node;
  if (node.Skipped()) return;
  const ScratchMachine& machine = node.machine;
  fs::create_directories(machine.At("/srv/volume"));
  fs::create_directory_symlink("/srv/volume", machine.At("/srv/kms"));
  node.values["auth"]["jwt"]["jwtFile"] = "/srv/kms/credentials/identity.jwt";
  node.Init();
  node.PrepareAndInstall();
  CHECK(machine.Read("/srv/volume/credentials/identity.jwt") ==
        machine.Read("/given/identity.jwt"));
}

TEST_CASE("Node setup: another user than root is turned away and flags are checked") {
  NodeSetup node;
  if (node.Skipped()) return;
  node.Init();
  REQUIRE(chmod(node.machine.At("/bundle").c_str(), 0755) == 0);
  REQUIRE(chmod(node.machine.At("/bundle/node-setup.sh").c_str(), 0755) == 0);
  const CommandResult user =
      node.machine.RunOutside({"/usr/sbin/chroot", "--userspec=65534:65534", node.machine.root(),
                               "/bundle/node-setup.sh", "prepare"});
  CHECK(user.code == 1);
  CHECK(Mentions(user.err, "must be run as root"));
  for (const auto& arguments :
       std::vector<std::vector<std::string>>{{},
                                             {"begin"},
                                             {"prepare", "install"},
                                             {"prepare", "--ca", "/given/ca.pem"},
                                             {"check", "--replace"},
                                             {"install", "--wait", "5"},
                                             {"start", "--wait", "soon"},
                                             {"start", "--wait"},
                                             {"prepare", "--root", "relative"},
                                             {"prepare", "--nonsense"}}) {
    const CommandResult result = node.Phase(arguments);
    INFO(result.err);
    CHECK(result.code == 2);
    CHECK(Mentions(result.err, "node-setup.sh --help"));
  }
  const CommandResult help = node.Phase({"--help"});
  CHECK(help.code == 0);
  CHECK(help.out.starts_with("usage: node-setup.sh PHASE"));
}

TEST_CASE("Node setup: a hostile environment changes nothing") {
  NodeSetup node;
  if (node.Skipped()) return;
  node.Init();
  const ScratchMachine& machine = node.machine;
  machine.Write("/given/planted", "/usr/bin/touch /planted\n", 0755);
  fs::create_directory(machine.At("/given/bin"));
  for (const char* name : {"chown", "mktemp", "groupadd", "getent", "dirname"}) {
    machine.Write("/given/bin/" + std::string(name), "#!/bin/sh\n/usr/bin/touch /planted\nexit 1\n",
                  0755);
  }
  const ScratchMachine::Environment hostile = {
      {"BASH_ENV", "/given/planted"},
      {"ENV", "/given/planted"},
      {"IFS", "/"},
      {"PATH", "/given/bin"},
      {"CDPATH", "/etc"},
      {"TMPDIR", "/none"},
      {"POSIXLY_CORRECT", "1"},
      {"SHELLOPTS", "noexec"},
      {"GLOBIGNORE", "*"},
      {"BASH_FUNC_chown%%", "() { /usr/bin/touch /planted; }"},
      {"BAO_KMS_PROVIDER_LOG_LEVEL", "nonsense"},
      {"LC_ALL", "tr_TR.UTF-8"}};
  auto install = node.InstallFlags();
  for (auto arguments : {std::vector<std::string>{"prepare"}, install, node.CheckFlags()}) {
    const std::string phase = arguments.front();
    arguments.insert(arguments.begin(), "/bundle/node-setup.sh");
    const mode_t before = umask(0);
    const CommandResult result = machine.Run(arguments, hostile);
    umask(before);
    INFO(phase, ": ", result.err);
    CHECK(result.code == 0);
  }
  CHECK_FALSE(machine.Exists("/planted"));
  CHECK(machine.ModeAndOwner("/etc/tmpfiles.d") == "0755 0:0");
  CHECK(machine.ModeAndOwner(kRecord) == "0600 0:0");
}

TEST_CASE("Node setup: names that a shell would read are only names") {
  NodeSetup node;
  if (node.Skipped()) return;
  const std::string odd =
      "it's $(touch planted) `touch planted` ; touch planted & \"*\" # %n \\ -x";
  node.values["auth"]["jwt"]["jwtFile"] = "/var/lib/openbao-kms/" + odd + "/" + odd + ".jwt";
  node.values["openbao"]["caCertFile"] = "/etc/" + odd + "/-ca.crt";
  node.values["state"]["path"] = "/var/lib/openbao-kms/-" + odd + "/key-registry.json";
  node.values["transit"]["keyIdScope"]["clusterId"] = odd;
  node.Init({"--policy-name", "kms"});
  node.PrepareAndInstall();
  const auto before = node.machine.Picture();
  node.PrepareAndInstall();
  CHECK(node.machine.Picture() == before);
  node.Passes(node.CheckFlags());
  CHECK(node.machine.Exists("/var/lib/openbao-kms/" + odd + "/" + odd + ".jwt"));
  for (const char* directory : {"", "/bundle", "/tmp", "/etc", "/run", "/root"}) {
    CHECK_FALSE(node.machine.Exists(std::string(directory) + "/planted"));
  }
}

TEST_CASE("Node setup: with OAuth2 the client secret and the issuer's CA are installed") {
  NodeSetup node;
  if (node.Skipped()) return;
  Json& jwt = node.values["auth"]["jwt"];
  jwt["source"] = "oauth2";
  jwt["oauth2"] = {{"tokenUrl", "https://issuer.test.invalid/token"},
                   {"clientId", "kms"},
                   {"clientSecretFile", "/var/lib/openbao-kms/client-secret"},
                   {"authMethod", "client_secret_basic"}};
  node.Init();
  node.Passes({"prepare"});
  node.Fails({"install", "--ca", "/given/ca.pem", "--credential", "/given/identity.jwt",
              "--issuer-ca", "/given/ca.pem"},
             "--issuer-ca has no destination");
  node.Fails({"install", "--pin", "/given/identity.jwt"}, "--pin is only for a login with PKCS#11");
  jwt["oauth2"]["caCertFile"] = "/etc/openbao-kms/tls/issuer.crt";
  node.Init();
  node.Fails(node.InstallFlags(), "give it with --issuer-ca FILE");
  auto install = node.InstallFlags();
  install.insert(install.end(), {"--issuer-ca", "/given/ca.pem"});
  node.Passes(install);
  const std::string gid = node.machine.Id("group", "openbao-kms");
  CHECK(node.machine.ModeAndOwner("/var/lib/openbao-kms/client-secret") == "0640 0:" + gid);
  CHECK(node.machine.ModeAndOwner("/etc/openbao-kms/tls/issuer.crt") == "0644 0:0");
}

TEST_CASE("Node setup: ShellCheck and a syntax check find nothing in the script") {
  NodeSetup node;
  if (node.Skipped()) return;
  node.Init();
  const std::string script = node.machine.At("/bundle/node-setup.sh");
  CHECK(node.machine.RunOutside({"bash", "-n", script}).code == 0);
  // "A && B || fail", and a backquote in a text that is meant as one.
  const CommandResult checked =
      node.machine.RunOutside({"shellcheck", "--exclude=SC2015,SC2016", script});
  INFO(checked.out);
  CHECK(checked.code == 0);
}

}  // namespace
}  // namespace baokms::e2e
