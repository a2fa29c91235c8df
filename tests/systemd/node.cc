#include "tests/systemd/node.h"

#include <doctest/doctest.h>

#include <filesystem>

#include "tests/support/harness/real_openbao.h"
#include "tests/support/skip.h"

namespace baokms::systemd_tests {
namespace {

// Ordered after the provider by the provider's unit alone.
constexpr const char* kKubelet = R"([Unit]
Description=stand-in for the kubelet
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/bash -c 'bao-kms-provider probe --socket /run/openbao-kms/kms.sock >/var/log/kubelet 2>&1; echo "exit $?" >>/var/log/kubelet'
[Install]
WantedBy=multi-user.target
)";

}  // namespace

bool Node::Skipped() {
  if (e2e::OnRealOpenBao() && !testing::FindRealOpenBao()) {
    return testing::SaySkipped(testing::HowToGetOpenBao());
  }
  return BootedMachine::Skipped();
}

Node::Node(const BootedMachine::Options& options) : machine(options) {
  const e2e::ProviderConfig config = bench.Config();
  values = config.tree;
  // The defaults of a real node, but for ports that may be taken here: the network is shared.
  for (const char* section : {"bootstrap", "status", "rotation"}) values.erase(section);
  values["openbao"].erase("timeout");
  values["server"] = {{"metricsAddress", config.metrics_address()},
                      {"healthAddress", config.health_address()}};
  values.erase("state");
  values["openbao"].erase("caCertFile");
  values["auth"]["jwt"].erase("jwtFile");
  machine.Write("/root/ca.pem", testing::ReadWholeFile(e2e::SharedOpenBao().ca_file()), 0600);
  machine.Write("/root/identity.jwt", bench.setup.MintJwt(), 0600);
  machine.Write("/etc/systemd/system/kubelet.service", kKubelet);
}

void Node::Init(const Arguments& flags) const {
  machine.Write("/root/values.yaml", values.dump(2), 0600);
  std::filesystem::remove_all(machine.OnDisk("/root/bundle"));
  Arguments arguments = {"init", "--values", machine.OnDisk("/root/values.yaml"), "--out",
                         machine.OnDisk("/root/bundle")};
  arguments.insert(arguments.end(), flags.begin(), flags.end());
  const CommandResult made = e2e::RunCommand(arguments);
  INFO(made.err);
  REQUIRE(made.code == 0);
}

std::string Node::Phase(const std::string& phase_and_flags) const {
  return machine.Must("/root/bundle/node-setup.sh " + phase_and_flags);
}

void Node::SetUp() const {
  Init();
  Phase("prepare");
  Phase(kInstallFlags);
  Phase("check");
  Phase("start");
  machine.Must("systemctl enable --quiet kubelet.service");
}

void Node::BootWithoutOpenBao() {
  machine.Boot();
  SetUp();
  machine.PowerOff();
  bench.openbao().Stop();
  machine.Boot();
}

bool Node::Answers() const {
  return machine
             .Run({"setpriv", "--reuid=65534", "--regid=openbao-kms-socket", "--clear-groups",
                   "bao-kms-provider", "probe", "--socket", "/run/openbao-kms/kms.sock"})
             .code == 0;
}

void Node::CheckAnswers() const {
  const bool answers = e2e::Eventually(Milliseconds(20000), [this] { return Answers(); });
  INFO(machine.Journal());
  CHECK(answers);
}

void Node::AwaitAnother(pid_t before, Milliseconds timeout) const {
  const bool another = e2e::Eventually(timeout, [this, before] {
    if (!machine.Active()) return false;
    const pid_t now = machine.ProviderPid();
    return now != 0 && now != before;
  });
  INFO(machine.Journal());
  CHECK(another);
}

}  // namespace baokms::systemd_tests
