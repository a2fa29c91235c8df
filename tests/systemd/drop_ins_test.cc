// The examples of drop-ins for logins, with a real token and a real agent, under the unit's sandbox
// (deploy/systemd/drop-ins).
#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <sstream>

#include "tests/e2e/support/svid_login.h"
#include "tests/support/harness/spire_under_test.h"
#include "tests/support/skip.h"
#include "tests/systemd/node.h"
#include "tests/systemd/page_commands.h"

namespace baokms::systemd_tests {
namespace {

bool SkippedWithoutBuild(const char* program, const char* how) {
  return access(program, X_OK) != 0 && testing::SaySkipped(how);
}

// config.yaml with this section `auth` in place of its own.
void ReplaceAuth(const BootedMachine& machine, const std::string& auth) {
  std::istringstream lines(machine.Read("/etc/openbao-kms/config.yaml"));
  std::string kept;
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    const bool top = !line.empty() && line.front() != ' ' && line.front() != '#';
    if (top) inside = line.starts_with("auth:");
    if (!inside) kept += line + "\n";
  }
  machine.Must("cp -p /etc/openbao-kms/config.yaml /root/before.yaml");
  machine.Write("/root/config.yaml", kept + auth);
  machine.Must("cat /root/config.yaml >/etc/openbao-kms/config.yaml");
}

void UseDropIn(const BootedMachine& machine, const std::string& name) {
  machine.Must(
      "install -D -m 0644 -t /etc/systemd/system/bao-kms-provider.service.d "
      "/usr/share/doc/bao-kms-provider/examples/systemd/" +
      name + " && systemctl daemon-reload");
}

TEST_CASE("Drop-ins: with pkcs11.conf the unit logs in with a key in SoftHSM") {
  if (Node::Skipped()) return;
  if (SkippedWithoutBuild(BAOKMS_RELEASE_PKCS11,
                          "no such build: cmake --preset release-pkcs11 && cmake --build "
                          "build/release-pkcs11")) {
    return;
  }
  Node node({.program = BAOKMS_RELEASE_PKCS11, .packages = {"opensc", "softhsm2"}});
  node.values["bootstrap"]["graceTimeout"] = "5s";
  const BootedMachine& machine = node.machine;
  node.machine.Boot();
  node.SetUp();

  const auto commands = CommandsOf(
      "login"
      "/pkcs11.md");
  machine.Must(
      "mkdir -m 0700 /root/ca && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 "
      "-nodes -days 365 -subj '/CN=node authority' -keyout /root/ca/ca.key -out /root/ca/ca.pem");
  for (const char* step :
       {"pin", "token", "key", "public-key", "softhsm", "certificate", "install"}) {
    CAPTURE(step);
    machine.Must(commands.at("names") + commands.at(step));
  }
  const std::string mount = "auth/cert-" + node.bench.setup.options().key_name;
  node.bench.openbao().MustAdmin("POST", "sys/" + mount, {{"type", "cert"}});
  node.bench.openbao().MustAdmin("POST", mount + "/certs/bao-kms",
                                 {{"certificate", machine.Read("/root/ca/ca.pem")},
                                  {"allowed_common_names", {"node-1"}},
                                  {"token_policies", {node.bench.setup.options().policy}},
                                  {"token_ttl", 1800},
                                  {"token_max_ttl", 3600}});
  ReplaceAuth(machine, R"(auth:
  method: cert
  loginBeforeTokenExpiry: 5m
  tokenRenewalIncrement: 30m
  cert:
    source: pkcs11
    mountPath: )" + mount + R"(
    name: bao-kms
    pkcs11:
      modulePath: /usr/lib/softhsm/libsofthsm2.so
      tokenLabel: bao-kms
      keyLabel: node-login
      pinFile: /etc/openbao-kms/token.pin
      certificateFile: /etc/openbao-kms/login.pem
      maxSessions: 2
)");
  // Without it the sandbox keeps the module from its token.
  CHECK(machine.Shell("systemctl restart bao-kms-provider").code != 0);
  CHECK(machine.Journal().contains("no_usable_session"));

  UseDropIn(machine, "pkcs11.conf");
  machine.Must("systemctl restart bao-kms-provider");
  node.CheckAnswers();
  CHECK(node.StatusText() == "serving");
  CHECK(machine
            .Must("runuser -u openbao-kms -g openbao-kms -G softhsm -- bao-kms-provider doctor "
                  "--config "
                  "/etc/openbao-kms/config.yaml || true")
            .contains("[pass] auth.cert.signer"));
  node.machine.Reboot();
  node.CheckAnswers();
}

TEST_CASE("Drop-ins: with spiffe.conf the unit starts behind a SPIRE agent and outlives it") {
  if (Node::Skipped()) return;
  if (!testing::HasSpire()) {
    testing::SaySkipped(testing::HowToGetSpire());
    return;
  }
  if (SkippedWithoutBuild(BAOKMS_RELEASE,
                          "no such build: cmake --preset release && cmake --build build/release")) {
    return;
  }
  testing::SpireUnderTest spire;
  Node node({.program = BAOKMS_RELEASE});
  const BootedMachine& machine = node.machine;
  node.machine.Boot();
  node.SetUp();

  std::filesystem::copy_file(testing::SpireAgentProgram(), machine.At("/usr/bin/spire-agent"));
  machine.Write("/etc/spire/agent.conf",
                spire.AgentConfiguration("/var/lib/spire", "/run/spire/agent.sock"));
  machine.Write(
      "/etc/systemd/system/spire-agent.service",
      "[Service]\nRuntimeDirectory=spire\nStateDirectory=spire\nExecStart=/usr/bin/spire-agent "
      "run -config /etc/spire/agent.conf -joinToken " +
          spire.MakeJoinToken("/machine") + "\n");
  const testing::SpireEntry entry{
      .path = "/kms",
      .node = "/machine",
      .uid = static_cast<unsigned>(std::stoul(machine.Must("id -u openbao-kms")))};
  spire.CreateEntry(entry);
  const std::string mount = e2e::MountJwtAuth(node.bench, spire.jwt_key_pems(), spire.IdOf(entry));
  ReplaceAuth(machine, R"(auth:
  method: jwt
  jwt:
    source: spiffe
    mountPath: )" + mount + R"(
    role: node
    minRemainingTtl: 5s
    clockSkewLeeway: 5s
    expectedAudience: [openbao]
    expectedSubject: )" + spire.IdOf(entry) +
                           R"(
    spiffe:
      workloadAPISocket: unix:///run/spire/agent.sock
      spiffeID: )" + spire.IdOf(entry) +
                           R"(
      audience: openbao
)");
  UseDropIn(machine, "spiffe.conf");
  // The drop-in alone starts the agent: nothing else wants it.
  machine.Must("systemctl restart bao-kms-provider");
  node.CheckAnswers();
  CHECK(machine.Active("spire-agent.service"));
  node.machine.Reboot();
  node.CheckAnswers();
  CHECK(machine.Active("spire-agent.service"));
  machine.Must("systemctl stop spire-agent.service");
  CHECK(machine.Active());
  node.CheckAnswers();
}

}  // namespace
}  // namespace baokms::systemd_tests
