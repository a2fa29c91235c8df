// docs/login/pkcs11.md, each of its commands in its order, and a provider over what they made.
#include <doctest/doctest.h>
#include <unistd.h>

#include <map>

#include "tests/e2e/support/bench.h"
#include "tests/runbooks/operator.h"
#include "tests/runbooks/page.h"
#include "tests/support/harness/real_openbao.h"
#include "tests/support/pkcs11/soft_hsm.h"
#include "tests/support/skip.h"

namespace baokms::runbooks {
namespace {

// The page's machine: its paths and names are the test's.
class Machine {
 public:
  Machine() {
    const testing::TempDirectory& here = config.directory();
    here.MakeDirectory("ca", 0700);
    here.MakeDirectory("tls", 0750);
    here.Write("tls/ca.crt", testing::ReadWholeFile(bench.openbao().ca_file()), 0644);
    const std::string mount = "cert-" + bench.setup.options().key_name;
    values_ = {{"https://openbao.example:8200", bench.openbao().address()},
               {"/etc/openbao-kms", here.path()},
               {"chown -R openbao-kms: /var/lib/softhsm",
                "chown -R " + std::to_string(getuid()) + " " +
                    hsm.configuration().substr(0, hsm.configuration().rfind('/'))},
               {"/root/", here.path() + "/"},
               {"-path=cert", "-path=" + mount},
               {"auth/cert", "auth/" + mount},
               {"token_policies=bao-kms", "token_policies=" + bench.setup.options().policy},
               {"-o openbao-kms -g openbao-kms",
                "-o " + std::to_string(getuid()) + " -g " + std::to_string(getgid())},
               {"runuser -u openbao-kms -g openbao-kms -G softhsm -- bao-kms-provider doctor",
                testing::ProviderProgram() + " doctor --allow-socket-parent " +
                    config.socket_directory()}};
    Run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 365 "
        "-subj '/CN=node authority' -keyout /root/ca/ca.key -out /root/ca/ca.pem");
    std::string yaml;
    for (const auto& [name, section] : config.tree.items()) {
      if (name != "auth") yaml += name + ": " + section.dump() + "\n";
    }
    config.WriteText(yaml);
  }

  // What the commands printed; REQUIREs that they worked.
  std::string Run(std::string commands) {
    for (const auto& [example, value] : values_) ReplaceAll(commands, example, value);
    const std::string output = config.directory().File("output");
    testing::ChildProcess shell({.argv = {"bash", "-euo", "pipefail", "-c", commands},
                                 .environment = {{"BAO_TOKEN", bench.openbao().root_token()}},
                                 .stdout_file = output,
                                 .stderr_file = output});
    const auto ended = shell.Wait(e2e::Milliseconds(30000));
    std::string printed = testing::ReadWholeFile(output);
    std::remove(output.c_str());
    INFO(commands);
    INFO(printed);
    REQUIRE(ended.has_value());
    REQUIRE(ended->code == 0);
    return printed;
  }

  testing::SoftHsm hsm;
  e2e::Bench bench;
  testing::ProviderConfig config = bench.Config();

 private:
  std::map<std::string, std::string> values_;
};

// One case for all sections: each stands on what the one before it made.
[[maybe_unused]] const bool kTokenPageCovered =
    Covers("pkcs11", "Make the key") && Covers("pkcs11", "Have it certified") &&
    Covers("pkcs11", "Let OpenBao accept it") && Covers("pkcs11", "Configure the provider") &&
    Covers("pkcs11", "Replace the certificate");

TEST_CASE("PKCS11 page: every command works and the provider logs in with what they made") {
  if (!testing::FindRealOpenBao()) {
    testing::SaySkipped("no bao program for the page's commands");
    return;
  }
  const Page page = ReadPage("pkcs11");
  CHECK(page.problems.empty());
  REQUIRE(page.blocks.size() == 12);
  REQUIRE(page.blocks.front().name == "names");
  Machine machine;
  const auto run = [&](const Block& block) {
    return machine.Run(page.blocks.front().commands + block.commands);
  };
  for (std::size_t i = 1; i < 11; ++i) {
    const std::string printed = run(page.blocks[i]);
    if (page.blocks[i].name != "check") continue;
    for (const std::string id :
         {"auth.cert.pkcs11", "auth.cert.local", "auth.cert.signer", "openbao.auth"}) {
      CHECK_MESSAGE(printed.find("[pass] " + id + ":") != std::string::npos, printed);
    }
  }
  const e2e::Serving provider(machine.config);
  provider.CheckRoundTrip();
  CHECK(page.blocks.back().name == "replace");
  run(page.blocks.back());
}

}  // namespace
}  // namespace baokms::runbooks
