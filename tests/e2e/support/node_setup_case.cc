#include "tests/e2e/support/node_setup_case.h"

#include <filesystem>

namespace baokms::e2e {

NodeSetup::NodeSetup() {
  const ProviderConfig config = bench.Config();
  values = config.tree;
  values["server"] = {{"metricsAddress", config.metrics_address()},
                      {"healthAddress", config.health_address()}};
  values.erase("state");
  values["openbao"].erase("caCertFile");
  values["auth"]["jwt"].erase("jwtFile");
  if (Skipped()) return;
  std::filesystem::create_directory(machine.At("/given"));
  machine.Write("/given/ca.pem", testing::ReadWholeFile(SharedOpenBao().ca_file()), 0600);
  machine.Write("/given/identity.jwt", bench.setup.MintJwt(), 0600);
}

void NodeSetup::Init(std::vector<std::string> flags) {
  machine.Write("/given/values.yaml", values.dump(2), 0600);
  std::filesystem::remove_all(machine.At("/bundle"));
  std::vector<std::string> arguments = {"init", "--values", machine.At("/given/values.yaml"),
                                        "--out", machine.At("/bundle")};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  const CommandResult made = RunCommand(arguments);
  INFO(made.err);
  REQUIRE(made.code == 0);
}

void NodeSetup::InitStaticPod() {
  Init({"--model", "static-pod", "--socket-gid", "4711", "--image",
        "registry.example/bao-kms-provider@sha256:" + std::string(64, 'a')});
}

CommandResult NodeSetup::Phase(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), "/bundle/node-setup.sh");
  return machine.Run(std::move(arguments));
}

std::string NodeSetup::Passes(std::vector<std::string> arguments) const {
  const std::string phase = arguments.front();
  CAPTURE(phase);
  const CommandResult result = Phase(std::move(arguments));
  INFO(result.out);
  INFO(result.err);
  CHECK(result.code == 0);
  CHECK(result.err.empty());
  return result.out;
}

void NodeSetup::Fails(std::vector<std::string> arguments, std::string_view words) const {
  auto before = machine.Picture();
  const CommandResult result = Phase(std::move(arguments));
  auto after = machine.Picture();
  for (auto* picture : {&before, &after}) picture->erase("/run/openbao-kms-setup.checked");
  INFO(result.out);
  INFO(result.err);
  CHECK(result.code == 1);
  CHECK(Mentions(result.err, words));
  CHECK(after == before);
}

void NodeSetup::PrepareAndInstall() const {
  Passes({"prepare"});
  Passes(InstallFlags());
}

void NodeSetup::StandInForSystemctl() const {
  machine.Write("/local/sbin/systemctl",
                "#!/bin/sh\necho \"$*\" >>/systemctl.log\n[ \"$1\" != is-active ]\n", 0755);
}

void NodeSetup::InstallUnit() const {
  // /usr is this machine's.
  std::filesystem::create_directories(machine.At("/etc/systemd/system"));
  machine.Write("/etc/systemd/system/bao-kms-provider.service",
                testing::ReadWholeFile(BAOKMS_UNIT_FILE), 0644);
}

std::vector<std::string> NodeSetup::ServeAs(const std::string& uid, const std::string& gid,
                                            const std::string& socket_gid) const {
  return {"/usr/sbin/chroot", "--userspec=" + uid + ":" + gid,   "--groups=" + socket_gid,
          machine.root(),     "/usr/local/bin/bao-kms-provider", "serve",
          "--config",         "/etc/openbao-kms/config.yaml"};
}

}  // namespace baokms::e2e
