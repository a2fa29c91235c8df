#include "tests/e2e/support/bundled_node.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "tests/support/harness/real_openbao.h"
#include "tests/support/skip.h"

namespace baokms::e2e {
namespace {

ScriptResult RunToEnd(testing::ChildProcess::Options options, const std::string& output) {
  unlink(output.c_str());
  options.stdout_file = output;
  options.stderr_file = output;
  testing::ChildProcess child(std::move(options));
  const auto ended = child.Wait(Milliseconds(60000));
  return {.code = ended && ended->code ? *ended->code : -1, .said = testing::ReadWholeFile(output)};
}

}  // namespace

bool SkippedWithoutBao() {
  return !testing::FindRealOpenBao() && testing::SaySkipped("openbao-setup.sh needs `bao` on PATH");
}

std::string IssuerKey(const Bench& bench) {
  return bench.setup.Admin("GET", bench.setup.options().auth_mount + "/config")
      .data()
      .at("jwt_validation_pubkeys")
      .at(0);
}

Json FreshValues(const ProviderConfig& config) {
  Json values = config.tree;
  const testing::SetupOptions names = FreshNames();
  Json& transit = values["transit"];
  transit["mountPath"] = "team/" + names.transit_mount;
  transit["keyName"] = names.key_name;
  transit["keyIdScope"].erase("keyLineageId");
  transit["keyIdScope"]["clusterId"] = "cluster-" + names.key_name;
  values["auth"]["jwt"]["mountPath"] = names.auth_mount;
  values["auth"]["jwt"]["role"] = names.role;
  return values;
}

BundledNode::BundledNode(Bench& bench)
    : node(bench), values(FreshValues(node.config)), bench_(bench) {
  node.config.directory().Write("issuer.pub", IssuerKey(bench));
}

CommandResult BundledNode::Init(std::vector<std::string> flags, int code) {
  const testing::TempDirectory& directory = node.config.directory();
  directory.Write("values.yaml", values.dump(2), 0644);
  bundle_ = directory.File("bundle-" + std::to_string(++bundles_));
  flags.insert(flags.begin(), {"init", "--values", directory.File("values.yaml"), "--out", bundle_,
                               "--allow-socket-parent", node.config.socket_directory()});
  CommandResult result = RunCommand(flags);
  INFO(result.err);
  CHECK(result.code == code);
  return result;
}

ScriptResult BundledNode::Setup(std::vector<std::string> arguments) const {
  const testing::OpenBaoUnderTest& openbao = bench_.openbao();
  const std::string bao = testing::FindRealOpenBao().value_or("bao");
  const std::string bin = node.config.directory().File("bin");
  if (access(bin.c_str(), F_OK) != 0) {
    node.config.directory().MakeDirectory("bin", 0700);
    REQUIRE(symlink(bao.c_str(), (bin + "/bao").c_str()) == 0);
  }
  arguments.insert(arguments.begin(), File("openbao-setup.sh"));
  // Without BAO_ADDR: the bundle knows the address. What is left in an administrator's shell does
  // not count.
  return RunToEnd({.argv = std::move(arguments),
                   .environment = {{"PATH", bin + ":/usr/bin:/bin"},
                                   {"BAO_ADDR", std::nullopt},
                                   {"VAULT_ADDR", std::nullopt},
                                   {"BAO_CACERT", openbao.ca_file()},
                                   {"BAO_TOKEN", openbao.root_token()},
                                   {"VAULT_NAMESPACE", "elsewhere"},
                                   {"BAO_NAMESPACE", "elsewhere"},
                                   {"BAO_FORMAT", "yaml"},
                                   {"IFS", "/"},
                                   {"CDPATH", "/"}}},
                  node.config.directory().File("setup.out"));
}

std::string BundledNode::MustSetup(std::vector<std::string> arguments) const {
  ScriptResult result = Setup(std::move(arguments));
  INFO(result.said);
  REQUIRE(result.code == 0);
  return std::move(result.said);
}

std::vector<std::string> BundledNode::All() const {
  return {"all", "--jwt-public-key", node.config.directory().File("issuer.pub")};
}

void BundledNode::CheckServes() {
  node.config.WriteText(testing::ReadWholeFile(File("config.yaml")));
  // The group of a static pod's socket has no other way in here, without node-setup.sh's directory.
  std::filesystem::permissions(node.config.socket_directory(), std::filesystem::perms(0755));
  const Serving provider(node.config);
  provider.CheckRoundTrip();
  for (const char* file : {"encryption-config-readers.yaml", "encryption-config.yaml",
                           "encryption-config-without-identity.yaml"}) {
    CAPTURE(file);
    const Json doctor = node.Report({"doctor", "--encryption-config", File(file)});
    for (const Json& check : doctor.at("checks")) {
      CAPTURE(check.dump());
      // The tests run as root, and so does their provider.
      if (check.at("id") == "service.user") continue;
      const bool lists_identity = check.at("id") == "kubernetes.encryption_config" &&
                                  !std::string_view(file).contains("without");
      CHECK(check.at("status") == (lists_identity ? "warn" : "pass"));
    }
    CheckLoads(file, std::string_view(file).contains("readers"));
  }
  const CommandResult probe = RunCommand({"probe", "--socket", node.config.socket()});
  INFO(probe.out);
  CHECK(probe.code == 0);
}

void BundledNode::CheckLoads(std::string_view file, bool plain) const {
  const char* named = std::getenv("BAOKMS_KUBECLIENT");
  const std::string program = named != nullptr ? named : BAOKMS_KUBECLIENT_PATH;
  if (access(program.c_str(), X_OK) != 0) {
    MESSAGE("not loaded as kube-apiserver would, no kubeclient: " << BAOKMS_KUBECLIENT_MISSING);
    return;
  }
  const std::string name = values.at("transit").at("keyIdScope").at("providerName");
  std::vector<std::string> argv{program, "--name", name, "--load", File(file)};
  if (plain) argv.emplace_back("--want-plain");
  const ScriptResult loaded =
      RunToEnd({.argv = std::move(argv)}, node.config.directory().File("kubeclient.out"));
  INFO(loaded.said);
  CHECK(loaded.code == 0);
}

testing::AdminReply BundledNode::Admin(const std::string& method, const std::string& path,
                                       const Json& data) const {
  return bench_.openbao().Admin(method, path, data,
                                values.at("openbao").value("namespace", std::string()));
}

}  // namespace baokms::e2e
