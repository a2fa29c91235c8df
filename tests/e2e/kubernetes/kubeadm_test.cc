// docs/encrypt-a-cluster.md, "kube-apiserver of kubeadm": what kubeadm writes with the page's
// configuration and patch, and what kube-apiserver can read that is started from it.
#include <doctest/doctest.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>

#include "tests/e2e/kubernetes/kubeadm_node.h"
#include "tests/e2e/kubernetes/page_blocks.h"

namespace baokms::e2e {
namespace {

constexpr const char* kHeading = "## kube-apiserver of kubeadm";
constexpr const char* kSecrets = "/api/v1/namespaces/default/secrets";

std::vector<std::string> Texts(const YAML::Node& list) {
  std::vector<std::string> texts;
  for (const YAML::Node& item : list) texts.push_back(YAML::Dump(item));
  return texts;
}

// The entry of this name, its fields in the alphabet's order.
std::map<std::string, std::string> Named(const YAML::Node& list, const std::string& name) {
  std::map<std::string, std::string> fields;
  for (const YAML::Node& item : list) {
    if (item["name"].as<std::string>() != name) continue;
    for (const auto& field : item) {
      if (field.second.IsScalar()) {
        fields[field.first.as<std::string>()] = field.second.as<std::string>();
        continue;
      }
      for (const auto& inner : field.second) {
        fields[inner.first.as<std::string>()] = inner.second.as<std::string>();
      }
    }
  }
  return fields;
}

// All that the page's manifest shows.
void CheckAsThePageHasIt(const std::string& manifest, const std::string& group) {
  INFO(manifest);
  const YAML::Node spec = YAML::Load(manifest)["spec"];
  const YAML::Node page =
      YAML::Load(Replaced(PageBlocks(kHeading, "yaml").at(2), "GID", group))["spec"];
  CHECK(Texts(spec["securityContext"]["supplementalGroups"]) ==
        Texts(page["securityContext"]["supplementalGroups"]));
  const YAML::Node container = spec["containers"][0];
  const YAML::Node shown = page["containers"][0];
  const std::vector<std::string> command = Texts(container["command"]);
  CHECK(shown["command"].size() == 3);
  for (const std::string& word : Texts(shown["command"])) {
    CHECK_MESSAGE(std::ranges::count(command, word) == 1, word);
  }
  for (const char* name : {"encryption", "openbao-kms"}) {
    CAPTURE(name);
    CHECK(Named(shown["volumeMounts"], name).size() >= 2);
    CHECK(Named(container["volumeMounts"], name) == Named(shown["volumeMounts"], name));
    CHECK(Named(page["volumes"], name).size() == 3);
    CHECK(Named(spec["volumes"], name) == Named(page["volumes"], name));
  }
}

TEST_CASE("kubeadm: the page's configuration and patch are in every manifest that it writes") {
  const KubeadmNode node;
  if (node.Skipped()) return;
  const std::string group = node.SocketGroup();
  const std::string manifest = node.Manifest();
  CheckAsThePageHasIt(manifest, group);
  const auto server = node.Container(manifest);
  server->Start(IdentityOf(manifest));
  INFO(server->Log());
  REQUIRE(node.Ready(*server));
  node.Register();

  const auto upgraded = [&](const std::string& command) {
    const CommandResult result = node.RunBlock(command + " --dry-run");
    INFO(result.out);
    INFO(result.err);
    REQUIRE(result.code == 0);
    return KubeadmNode::ManifestIn(result.out);
  };
  const auto commands = PageBlocks(kHeading, "sh");
  const std::string upload = "kubeadm init phase upload-config kubeadm --config cluster.yaml";
  REQUIRE(Says(commands.at(1), upload));
  const auto keep = [&](const std::string& api_server) {
    node.WriteConfiguration(api_server);
    const CommandResult kept = node.RunBlock("cd /etc/kubernetes\n" + upload);
    INFO(kept.err);
    REQUIRE(kept.code == 0);
  };
  std::string same_version = commands.at(2);
  same_version.pop_back();

  // The manifest has it, the cluster's configuration has not: it is lost.
  keep("");
  const std::string lost = upgraded(same_version);
  CHECK_FALSE(Says(lost, "encryption-provider-config"));
  CHECK_FALSE(Says(lost, "openbao-kms"));

  keep(KubeadmNode::PageApiServer());
  CheckAsThePageHasIt(upgraded(same_version), group);
  const std::string apply = "kubeadm upgrade apply phase control-plane v1.35.9";
  const std::string next = upgraded(apply + " --patches /etc/kubernetes/patches");
  CHECK(Says(next, "kube-apiserver:v1.35.9"));
  CheckAsThePageHasIt(next, group);
  CHECK_FALSE(Says(upgraded(apply), "supplementalGroups"));
}

// Starts kube-apiserver and CHECKs that it ends because it may not read the first file that it
// opens of those that are not for it.
void CheckMayNotRead(PodContainer& server, const PodIdentity& identity) {
  CAPTURE(identity.user);
  server.Start(identity);
  CHECK(server.Wait(Milliseconds(60000)).has_value());
  const std::string log = server.Log();
  INFO(log);
  CHECK(Says(log, ": permission denied"));
}

TEST_CASE(
    "kubeadm: kube-apiserver of its manifest encrypts with the files and groups of the page") {
  KubeadmNode node;
  if (node.Skipped()) return;
  const ScratchMachine& machine = node.setup.machine;
  // The second file in the place of the first.
  const std::string place = Replaced(PageBlocks(kHeading, "sh").at(0), "-readers.yaml", ".yaml");
  REQUIRE(node.RunBlock(place).code == 0);
  const char* configuration = "/etc/kubernetes/encryption/encryption-config.yaml";
  CHECK(machine.ModeAndOwner(configuration) == "0600 0:0");

  // Root, which kubeadm has by default, and the socket's group.
  const std::string manifest = node.Manifest();
  const PodIdentity root = IdentityOf(manifest);
  CHECK(root.user == "0");
  CHECK(root.groups == std::vector{node.SocketGroup()});
  auto server = node.Container(manifest);
  server->Start(root);
  INFO(server->Log());
  REQUIRE(node.Ready(*server));
  CHECK(node.Ask("POST", kSecrets,
                 {{"apiVersion", "v1"},
                  {"kind", "Secret"},
                  {"metadata", {{"name", "one"}}},
                  {"stringData", {{"value", "plain-value"}}}})
            .status == 201);
  const std::string stored = node.etcd.Get("/registry/secrets/default/one").value_or("");
  CHECK(stored.starts_with("k8s:enc:kms:v2:bao-kms-test:"));
  CHECK_FALSE(Says(stored, "plain-value"));

  // Without the group there is no way to the socket.
  server->Start({});
  CHECK(Eventually(Milliseconds(60000), [&] {
    return Says(server->Log(), "/run/openbao-kms/kms.sock: connect: permission denied");
  }));
  CHECK(node.Ask("GET", "/readyz").status != 200);
  server.reset();

  // kubeadm's own user. What its patch must name, and who must own the file.
  node.WriteConfiguration(KubeadmNode::PageApiServer(), true);
  std::string rootless = node.Manifest();
  PodIdentity user = IdentityOf(rootless);
  CHECK(user.user == machine.Id("passwd", "kubeadm-kas"));
  CHECK(user.groups == std::vector{node.SocketGroup()});
  server = node.Container(rootless);
  REQUIRE(node.RunBlock("chgrp kubeadm-kas " + std::string(configuration)).code == 0);
  REQUIRE(node.RunBlock("chmod 0640 " + std::string(configuration)).code == 0);
  CheckMayNotRead(*server, user);
  const std::string readers = machine.Id("group", "kubeadm-sa-key-readers");
  node.WritePatch(node.SocketGroup() + ", " + readers);
  rootless = node.Manifest();
  user = IdentityOf(rootless);
  CHECK(user.groups == std::vector{node.SocketGroup(), readers});
  REQUIRE(node.RunBlock(place).code == 0);
  CheckMayNotRead(*server, user);
  REQUIRE(node.RunBlock(Replaced(place, "-m 0600", "-m 0640 -g kubeadm-kas")).code == 0);
  server->Start(user);
  INFO(server->Log());
  REQUIRE(node.Ready(*server));
  CHECK(Says(node.Ask("GET", std::string(kSecrets) + "/one").body, "cGxhaW4tdmFsdWU="));
  server.reset();

  // The files of node-setup.sh are not for kube-apiserver.
  node.WriteConfiguration(
      Replaced(KubeadmNode::PageApiServer(), "/etc/kubernetes/encryption", "/etc/openbao-kms"));
  server = node.Container(node.Manifest());
  for (const PodIdentity& one : {root, user}) {
    CheckMayNotRead(*server, one);
  }
}

}  // namespace
}  // namespace baokms::e2e
