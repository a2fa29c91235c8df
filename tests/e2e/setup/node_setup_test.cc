// node-setup.sh, phase by phase on a node of the test's own (reports-and-labels.md, "init"): the
// script and the program are the real ones, OpenBao stands behind `check`.
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "tests/e2e/support/node_setup_case.h"

namespace baokms::e2e {
namespace {

namespace fs = std::filesystem;

TEST_CASE("Node setup: four phases make a systemd node that serves") {
  NodeSetup node;
  if (node.Skipped()) return;
  node.Init();
  node.StandInForSystemctl();
  node.InstallUnit();
  node.PrepareAndInstall();

  const ScratchMachine& machine = node.machine;
  const std::string uid = machine.Id("passwd", "openbao-kms");
  const std::string gid = machine.Id("group", "openbao-kms");
  const std::string socket_gid = machine.Id("group", "openbao-kms-socket");
  const std::string own = uid + ":" + gid;
  CHECK(uid != "0");
  CHECK(machine.ModeAndOwner("/etc/openbao-kms") == "0750 0:" + gid);
  CHECK(machine.ModeAndOwner("/etc/openbao-kms/tls") == "0755 0:0");
  CHECK(machine.ModeAndOwner("/run/openbao-kms") == "2750 " + uid + ":" + socket_gid);
  CHECK(machine.ModeAndOwner("/var/lib/openbao-kms") == "0750 0:" + gid);
  CHECK(machine.ModeAndOwner("/var/lib/openbao-kms/state") == "0750 " + own);
  CHECK(machine.ModeAndOwner(kConfig) == "0640 0:" + gid);
  CHECK(machine.ModeAndOwner(kJwt) == "0640 0:" + gid);
  CHECK(machine.ModeAndOwner("/etc/openbao-kms/tls/ca.crt") == "0644 0:0");
  CHECK(machine.ModeAndOwner("/etc/openbao-kms/encryption-config.yaml") == "0640 0:" + gid);
  CHECK(machine.Read(kConfig) == machine.Read("/bundle/config.yaml"));
  // Not under the name of the package's file, which it would mask.
  CHECK(machine.Read("/etc/tmpfiles.d/bao-kms-provider-node.conf")
            .ends_with("\nd /run/openbao-kms 2750 " + uid + " " + socket_gid +
                       " -\nd /etc/openbao-kms 0750 0 " + gid +
                       " -\nd /var/lib/openbao-kms 0750 0 " + gid +
                       " -\nd /var/lib/openbao-kms/state 0750 " + uid + " " + gid + " -\n"));

  const std::string report = node.Passes(node.CheckFlags());
  CHECK(Mentions(report, "[pass] openbao.auth"));
  CHECK(Mentions(report, "[warn] kubernetes.encryption_config"));
  CHECK(machine.ModeAndOwner(kRecord) == "0600 0:0");

  testing::ChildProcess provider({.argv = node.ServeAs(uid, gid, socket_gid)});
  const std::string started = node.Passes(node.StartFlags());
  CHECK(Mentions(started, "[pass] kms.decrypt"));
  CHECK(Mentions(started, "[pass] client.identity"));
  CHECK(machine.Read("/systemctl.log") ==
        "daemon-reload\nis-active --quiet bao-kms-provider.service\n"
        "enable --now bao-kms-provider.service\n");
}

TEST_CASE("Node setup: commands find the configuration of a node without being told where it is") {
  NodeSetup node;
  if (node.Skipped()) return;
  node.Init();
  const ScratchMachine& machine = node.machine;
  const std::string program = "/usr/local/bin/bao-kms-provider";
  const CommandResult before = machine.Run({program, "rotation-plan"});
  CHECK(before.code == 3);
  CHECK_FALSE(Mentions(before.err, "config: cannot be read"));
  node.StandInForSystemctl();
  node.InstallUnit();
  node.PrepareAndInstall();
  CHECK(Mentions(machine.Run({program, "doctor"}).out, "[pass] config.validate"));
  CHECK(machine.Run({program, "config"}).out ==
        machine.Run({program, "config", "--config", kConfig}).out);
  // A variable and a flag come first.
  const CommandResult named =
      machine.Run({program, "config"}, {{"BAO_KMS_PROVIDER_CONFIG", "/nowhere.yaml"}});
  CHECK(named.code == 3);
  // One that may not be read is not the same as none.
  fs::remove(machine.At(kConfig));
  fs::create_directory(machine.At(kConfig));
  const CommandResult unreadable = machine.Run({program, "rotation-plan"});
  CHECK(unreadable.code == 3);
  CHECK(Mentions(unreadable.err, "config: cannot be read"));
}

TEST_CASE("Node setup: four phases make a static pod node that serves") {
  NodeSetup node;
  if (node.Skipped()) return;
  node.InitStaticPod();
  node.Passes({"prepare"});
  node.Passes(node.InstallFlags());
  const ScratchMachine& machine = node.machine;
  CHECK(machine.ModeAndOwner("/run/openbao-kms") == "2750 65532:4711");
  CHECK(machine.ModeAndOwner("/var/lib/openbao-kms/state") == "0750 65532:65532");
  CHECK(machine.ModeAndOwner("/var/lib/openbao-kms/credentials") == "0750 0:65532");
  CHECK(machine.ModeAndOwner("/var/lib/openbao-kms/credentials/identity.jwt") == "0640 0:65532");
  CHECK_FALSE(Mentions(machine.Read("/etc/passwd"), "openbao"));
  node.Passes(node.CheckFlags());

  node.Fails(node.StartFlags(), "/etc/kubernetes/manifests is missing");
  fs::create_directories(machine.At("/etc/kubernetes/manifests"));
  testing::ChildProcess provider({.argv = node.ServeAs("65532", "65532", "4711")});
  CHECK(Mentions(node.Passes(node.StartFlags()), "[pass] kms.decrypt"));
  CHECK(machine.Read("/etc/kubernetes/manifests/bao-kms-provider.yaml") ==
        machine.Read("/bundle/bao-kms-provider.yaml"));

  // Another manifest is a restart, and a second file there would be a second pod.
  machine.Write("/etc/openbao-kms/bao-kms-provider.yaml", "another", 0640);
  node.Fails(node.StartFlags(), "changed since the last check");
  node.Passes(node.CheckFlags());
  node.Fails(node.StartFlags(), "exists and differs");
  auto replacing = node.StartFlags();
  replacing.emplace_back("--replace");
  node.Passes(replacing);
  CHECK(std::distance(fs::directory_iterator(machine.At("/etc/kubernetes/manifests")), {}) == 1);
}

TEST_CASE("Node setup: below a root directory the same comes out and the unit is switched on") {
  NodeSetup node;
  if (node.Skipped()) return;
  node.Init();
  node.InstallUnit();
  const ScratchMachine& machine = node.machine;
  const auto outside = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), machine.At("/bundle/node-setup.sh"));
    arguments.insert(arguments.end(), {"--root", machine.root() + "/"});
    const CommandResult result = machine.RunOutside(arguments);
    INFO(result.err);
    CHECK(result.code == 0);
    return result.out;
  };
  outside({"prepare"});
  outside({"install", "--ca", machine.At("/given/ca.pem"), "--credential",
           machine.At("/given/identity.jwt")});
  CHECK(Mentions(outside(node.CheckFlags()), "[pass] transit.probe"));
  CHECK(Mentions(outside(node.StartFlags()), "enabled for the next boot"));
  const std::string gid = machine.Id("group", "openbao-kms");
  CHECK(machine.ModeAndOwner(kConfig) == "0640 0:" + gid);
  CHECK(fs::is_symlink(
      machine.At("/etc/systemd/system/multi-user.target.wants/bao-kms-provider.service")));
  const auto before = machine.Picture();
  CHECK(Mentions(outside({"prepare"}), "prepared"));
  CHECK(machine.Picture() == before);

  // A link in it could lead out of it.
  fs::remove_all(machine.At("/etc/openbao-kms"));
  fs::create_directory_symlink("/somewhere", machine.At("/etc/openbao-kms"));
  const CommandResult refused = machine.RunOutside(
      {machine.At("/bundle/node-setup.sh"), "prepare", "--root", machine.root()});
  CHECK(refused.code == 1);
  CHECK(Mentions(refused.err, "/etc/openbao-kms is a symbolic link"));
}

TEST_CASE("Node setup: below a root directory /var/run is the run directory in it") {
  NodeSetup node;
  if (node.Skipped()) return;
  node.values["server"]["socketPath"] = "/var/run/openbao-kms/kms.sock";
  node.Init();
  const CommandResult prepared = node.machine.RunOutside(
      {node.machine.At("/bundle/node-setup.sh"), "prepare", "--root", node.machine.root()});
  INFO(prepared.err);
  CHECK(prepared.code == 0);
  CHECK(node.machine.ModeAndOwner("/run/openbao-kms").starts_with("2750 "));
}

TEST_CASE("Node setup: a second run changes nothing") {
  NodeSetup node;
  if (node.Skipped()) return;
  node.Init();
  node.PrepareAndInstall();
  const auto before = node.machine.Picture();
  node.PrepareAndInstall();
  node.Passes({"install"});
  CHECK(node.machine.Picture() == before);
}

TEST_CASE("Node setup: what a run that was cut off left is mended by the next one") {
  NodeSetup node;
  if (node.Skipped()) return;
  node.Init();
  node.PrepareAndInstall();
  const ScratchMachine& machine = node.machine;
  const std::string gid = machine.Id("group", "openbao-kms");
  REQUIRE(chmod(machine.At("/etc/openbao-kms").c_str(), 0700) == 0);
  REQUIRE(chown(machine.At("/run/openbao-kms").c_str(), 0, 0) == 0);
  REQUIRE(chmod(machine.At(kConfig).c_str(), 0644) == 0);
  REQUIRE(unlink(machine.At(kJwt).c_str()) == 0);
  machine.Write("/var/lib/openbao-kms/.node-setup.Ab12Cd", "half", 0600);
  CHECK(Mentions(node.Passes({"prepare"}), "directory /etc/openbao-kms: corrected"));
  CHECK(Mentions(node.Passes(node.InstallFlags()), "config.yaml: corrected"));
  CHECK(machine.ModeAndOwner("/etc/openbao-kms") == "0750 0:" + gid);
  CHECK(machine.ModeAndOwner(kConfig) == "0640 0:" + gid);
  CHECK(machine.ModeAndOwner(kJwt) == "0640 0:" + gid);
  CHECK_FALSE(machine.Exists("/var/lib/openbao-kms/.node-setup.Ab12Cd"));
  node.Passes(node.CheckFlags());
}

TEST_CASE("Node setup: a phase before its turn names the one that is missing") {
  NodeSetup node;
  if (node.Skipped()) return;
  node.Init();
  node.Fails(node.InstallFlags(), "run node-setup.sh prepare");
  node.Fails(node.CheckFlags(), "run node-setup.sh prepare");
  node.Passes({"prepare"});
  node.Fails(node.CheckFlags(), "run node-setup.sh install");
  node.Fails(node.StartFlags(), "run node-setup.sh install");
  node.Passes(node.InstallFlags());
  node.Fails(node.StartFlags(), "run node-setup.sh check");
  node.Passes(node.CheckFlags());
  node.Fails(node.StartFlags(), "bao-kms-provider.service is not installed");
}

TEST_CASE("Node setup: start refuses without a check of the same fingerprint in the last hour") {
  NodeSetup node;
  if (node.Skipped()) return;
  node.Init();
  node.StandInForSystemctl();
  node.InstallUnit();
  node.PrepareAndInstall();
  node.Passes(node.CheckFlags());
  const ScratchMachine& machine = node.machine;
  const std::string good = machine.Read(kRecord);
  const auto note = [&](std::int64_t seconds, const std::string& fingerprint = "") {
    std::string words = good.substr(0, good.rfind(' ') + 1);
    if (!fingerprint.empty()) words = fingerprint + words.substr(words.find(' '));
    machine.Write(kRecord, words + std::to_string(std::time(nullptr) - seconds) + "\n", 0600);
  };
  note(3605);
  node.Fails(node.StartFlags("1"), "older than an hour");
  note(-100);  // a clock that was set back
  node.Fails(node.StartFlags("1"), "older than an hour");
  note(0, "cfg1.another");
  node.Fails(node.StartFlags("1"), "another identity fingerprint");
  machine.Write(kRecord, "x", 0600);
  node.Fails(node.StartFlags("1"), "cannot be read");
  CHECK_FALSE(machine.Exists("/systemctl.log"));
  note(3500);  // good, and nobody answers
  const CommandResult late = node.Phase(node.StartFlags("1"));
  CHECK(late.code == 1);
  CHECK(Mentions(late.err, "journalctl -u bao-kms-provider.service"));
  CHECK(Mentions(late.err, "[fail]"));
  CHECK(Mentions(machine.Read("/systemctl.log"), "enable --now"));

  machine.Write(kConfig, machine.Read(kConfig) + "# changed\n", 0640);
  note(0);
  node.Fails(node.StartFlags("1"), "have changed since the last check");
}

TEST_CASE("Node setup: start has the unit allow what the configuration needs beyond the defaults") {
  NodeSetup node;
  if (node.Skipped()) return;
  node.values["server"]["socketPath"] = "/srv/kms/kms.sock";
  node.values["state"]["path"] = "/srv/50% \"state\"/registry.json";
  node.Init({"--allow-socket-parent", "/srv/kms"});
  node.StandInForSystemctl();
  node.InstallUnit();
  node.PrepareAndInstall();
  node.Passes(node.CheckFlags());
  const CommandResult started = node.Phase(node.StartFlags("1"));
  CHECK(started.code == 1);  // the stand-in starts nothing
  const ScratchMachine& machine = node.machine;
  CHECK(machine.ModeAndOwner(kDropIn) == "0644 0:0");
  CHECK(machine.Read(kDropIn) ==
        "# Written by node-setup.sh of bao-kms-provider: what its configuration needs.\n"
        "[Unit]\n"
        "ConditionPathIsDirectory=\n"
        "ConditionPathExists=/etc/openbao-kms/config.yaml\n"
        "ConditionPathIsDirectory=/srv/kms\n"
        "[Service]\n"
        "ExecStart=\n"
        "ExecStart=/usr/bin/bao-kms-provider serve --config /etc/openbao-kms/config.yaml "
        "--allow-socket-parent /srv/kms\n"
        "ReadWritePaths=\n"
        "ReadWritePaths=/srv/kms -/var/lib/openbao-kms/state\n"
        "NoExecPaths=/srv/kms\n"
        "ReadWritePaths=\"-/srv/50%% \\\"state\\\"\"\n"
        "NoExecPaths=\"-/srv/50%% \\\"state\\\"\"\n");

  // Another bundle of the same node, which needs none of it.
  node.values["server"].erase("socketPath");
  node.values.erase("state");
  node.Init();
  node.Passes({"prepare"});
  node.Passes({"install", "--replace"});
  node.Passes(node.CheckFlags());
  CHECK(Mentions(node.Phase(node.StartFlags("1")).out, "node-setup.conf: removed"));
  CHECK_FALSE(machine.Exists(kDropIn));
}

TEST_CASE("Node setup: a static pod is not started beside an enabled unit") {
  NodeSetup node;
  if (node.Skipped()) return;
  node.InitStaticPod();
  node.PrepareAndInstall();
  node.Passes(node.CheckFlags());
  fs::create_directories(node.machine.At("/etc/kubernetes/manifests"));
  node.StandInForSystemctl();
  node.InstallUnit();
  const CommandResult refused = node.Phase(node.StartFlags("1"));
  CHECK(refused.code == 1);
  CHECK(Mentions(refused.err, "systemctl disable --now bao-kms-provider.service"));
  CHECK_FALSE(node.machine.Exists("/etc/kubernetes/manifests/bao-kms-provider.yaml"));
}

TEST_CASE("Node setup: a failed check takes back the one that passed before") {
  NodeSetup node;
  if (node.Skipped()) return;
  node.Init();
  node.PrepareAndInstall();
  node.Passes(node.CheckFlags());
  const ScratchMachine& machine = node.machine;
  machine.Write(kJwt, node.bench.setup.MintForeignJwt(), 0640);
  REQUIRE(chown(machine.At(kJwt).c_str(), 0,
                static_cast<gid_t>(std::stoul(machine.Id("group", "openbao-kms")))) == 0);
  const CommandResult failed = node.Phase(node.CheckFlags());
  CHECK(failed.code == 1);
  CHECK(Mentions(failed.out, "[fail] openbao.auth"));
  CHECK(Mentions(failed.err, "fix the reported problems"));
  CHECK_FALSE(machine.Exists(kRecord));
}

TEST_CASE("Node setup: a check is made with the rights of the provider alone") {
  NodeSetup node;
  if (node.Skipped()) return;
  node.Init();
  node.PrepareAndInstall();
  // Root could read either file.
  REQUIRE(chmod(node.machine.At(kJwt).c_str(), 0600) == 0);
  const CommandResult failed = node.Phase(node.CheckFlags());
  CHECK(failed.code == 1);
  CHECK(Mentions(failed.out, "auth.jwt.jwtFile: the file cannot be read by this user"));
  REQUIRE(chmod(node.machine.At(kConfig).c_str(), 0600) == 0);
  node.Fails(node.CheckFlags(), "the provider could not read its configuration");
}

TEST_CASE("Node setup: a check reads kube-apiserver's file though root alone may") {
  NodeSetup node;
  if (node.Skipped()) return;
  node.Init();
  node.PrepareAndInstall();
  const std::string file = "/etc/kubernetes/encryption/encryption-config.yaml";
  std::filesystem::create_directories(node.machine.At("/etc/kubernetes/encryption"));
  node.machine.Write(file, node.machine.Read("/bundle/encryption-config.yaml"), 0600);
  std::vector<std::string> flags = node.CheckFlags();
  flags.insert(flags.end(), {"--encryption-config", file});
  CHECK_FALSE(Mentions(node.Passes(flags), "[fail]"));
}

TEST_CASE("Node setup: the bundle of another cluster is refused at check") {
  NodeSetup node;
  if (node.Skipped()) return;
  node.Init();
  node.PrepareAndInstall();
  node.values["transit"]["keyIdScope"]["clusterId"] = "another";
  node.Init();
  node.Fails(node.CheckFlags(), "identity fingerprint of the installed configuration differs");
}

}  // namespace
}  // namespace baokms::e2e
