#include "tests/e2e/kubernetes/kubeadm_node.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <sstream>

#include "tests/e2e/kubernetes/page_blocks.h"
#include "tests/support/harness/free_port.h"
#include "tests/support/kubernetes/kube_api_server.h"
#include "tests/support/skip.h"

namespace baokms::e2e {
namespace {

namespace fs = std::filesystem;

constexpr const char* kHeading = "## kube-apiserver of kubeadm";
constexpr const char* kConfiguration = "/etc/kubernetes/cluster.yaml";
constexpr const char* kPatches = "/etc/kubernetes/patches";
constexpr const char* kToken = "token-of-the-administrator";
constexpr const char* kNodeToken = "token-of-the-node";

bool SkippedWithoutPrograms(const ScratchMachine& machine) {
  if (machine.Skipped() || testing::SkippedWithoutEtcd() ||
      testing::SkippedWithoutKubeApiServer()) {
    return true;
  }
  return access(BAOKMS_KUBEADM_PATH, X_OK) != 0 &&
         testing::SaySkipped("no kubeadm: " BAOKMS_KUBEADM_MISSING);
}

}  // namespace

KubeadmNode::KubeadmNode()
    : skipped_(SkippedWithoutPrograms(setup.machine)), port_(testing::FreePort()) {
  if (skipped_) return;
  const ScratchMachine& machine = setup.machine;
  // Nothing here is about time.
  setup.values["openbao"]["timeout"] = "10s";
  setup.values["auth"]["loginTimeout"] = "10s";
  setup.values["bootstrap"]["graceTimeout"] = "60s";
  setup.Init();
  setup.StandInForSystemctl();
  setup.InstallUnit();
  setup.PrepareAndInstall();
  setup.Passes(setup.CheckFlags());
  provider_ = std::make_unique<testing::ChildProcess>(testing::ChildProcess::Options{
      .argv = setup.ServeAs(machine.Id("passwd", "openbao-kms"), machine.Id("group", "openbao-kms"),
                            SocketGroup()),
      .stderr_file = output_.File("provider")});
  const std::string started = setup.Passes(setup.StartFlags());
  INFO(provider_->Stderr());
  REQUIRE(Says(started, "[pass] kms.decrypt"));

  fs::copy_file(BAOKMS_KUBEADM_PATH, machine.At("/local/bin/kubeadm"));
  for (const char* directory : {"/etc/kubernetes/pki", "/etc/kubernetes/manifests", kPatches}) {
    fs::create_directories(machine.At(directory));
  }
  const auto commands = PageBlocks(kHeading, "sh");
  REQUIRE(commands.size() == 3);
  const CommandResult placed = RunBlock(commands[0]);
  INFO(placed.err);
  REQUIRE(placed.code == 0);
  // Nobody but the test logs in with these.
  machine.Write("/etc/kubernetes/pki/tokens.csv",
                std::string(kToken) + ",admin,admin,\"system:masters\"\n" + kNodeToken +
                    ",system:node:node-1,node-1,\"system:nodes\"\n",
                0644);
  for (const auto& [file, token] : {std::pair{"admin", kToken}, std::pair{"kubelet", kNodeToken}}) {
    const std::string name = file;
    machine.Write("/etc/kubernetes/" + name + ".conf",
                  "apiVersion: v1\nkind: Config\ncurrent-context: here\n"
                  "contexts: [{name: here, context: {cluster: here, user: " +
                      name + "}}]\nusers: [{name: " + name + ", user: {token: " + token +
                      "}}]\nclusters: [{name: here, cluster: {server: \"https://127.0.0.1:" +
                      std::to_string(port_) +
                      "\", certificate-authority: /etc/kubernetes/pki/ca.crt}}]\n",
                  0600);
  }
  WritePatch(SocketGroup());
  WriteConfiguration(PageApiServer());
  Kubeadm({"init", "phase", "certs", "all", "--config", kConfiguration});
}

std::string KubeadmNode::PageApiServer() {
  const auto blocks = PageBlocks(kHeading, "yaml");
  REQUIRE(blocks.size() == 3);
  return blocks[0];
}

void KubeadmNode::WritePatch(const std::string& groups) const {
  setup.machine.Write(std::string(kPatches) + "/kube-apiserver+merge.yaml",
                      Replaced(PageBlocks(kHeading, "yaml").at(1), "GID", groups), 0600);
}

void KubeadmNode::WriteConfiguration(const std::string& api_server, bool rootless) const {
  // Loopback only, and a way in for the test.
  const std::string here =
      "  certSANs: [127.0.0.1]\n"
      "  extraArgs:\n"
      "    - {name: bind-address, value: 127.0.0.1}\n"
      "    - {name: token-auth-file, value: /etc/kubernetes/pki/tokens.csv}\n";
  const std::string of_api_server =
      api_server.empty() ? "apiServer:\n" + here : Replaced(api_server, "  extraArgs:\n", here);
  setup.machine.Write(
      kConfiguration,
      "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\n"
      "kubernetesVersion: v1.35.4\nnetworking: {serviceSubnet: 10.96.0.0/12}\n"
      "etcd: {external: {endpoints: [\"" +
          etcd.url() + "\"]}}\n" +
          (rootless ? "featureGates: {RootlessControlPlane: true}\n" : "") + of_api_server +
          "---\napiVersion: kubeadm.k8s.io/v1beta4\nkind: InitConfiguration\n"
          "localAPIEndpoint: {advertiseAddress: 192.0.2.10, bindPort: " +
          std::to_string(port_) +
          "}\nnodeRegistration: {name: node-1, criSocket: \"unix:///run/cri.sock\"}\n"
          "patches: {directory: " +
          kPatches + "}\n",
      0600);
}

std::string KubeadmNode::Kubeadm(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), "/usr/local/bin/kubeadm");
  const CommandResult result = setup.machine.Run(arguments);
  INFO(result.out);
  INFO(result.err);
  REQUIRE(result.code == 0);
  return result.out;
}

std::string KubeadmNode::Manifest() const {
  Kubeadm({"init", "phase", "control-plane", "apiserver", "--config", kConfiguration});
  return setup.machine.Read("/etc/kubernetes/manifests/kube-apiserver.yaml");
}

std::string KubeadmNode::ManifestIn(const std::string& printed) {
  std::istringstream lines(printed);
  std::string manifest;
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with('[')) {
      inside = Says(line, "/etc/kubernetes/manifests/kube-apiserver.yaml\" with content");
    } else if (inside) {
      manifest += line + "\n";
    }
  }
  INFO(printed);
  REQUIRE_FALSE(manifest.empty());
  return manifest;
}

CommandResult KubeadmNode::RunBlock(const std::string& commands) const {
  return setup.machine.Run({"/bin/sh", "-ec", commands});
}

std::unique_ptr<PodContainer> KubeadmNode::Container(const std::string& manifest) const {
  return std::make_unique<PodContainer>(setup.machine, manifest,
                                        testing::FindKubeApiServer().value_or(""));
}

testing::HttpAnswer KubeadmNode::Ask(const std::string& method, const std::string& path,
                                     const Json& object) const {
  testing::HttpQuestion question;
  question.method = method;
  question.url = "https://127.0.0.1:" + std::to_string(port_) + path;
  question.headers = {{"Authorization", std::string("Bearer ") + kToken},
                      {"Content-Type", "application/json"}};
  if (!object.is_null()) question.body = object.dump();
  question.ca_file = setup.machine.At("/etc/kubernetes/pki/ca.crt");
  question.timeout = std::chrono::seconds(30);
  return testing::AskHttp(question);
}

bool KubeadmNode::Ready(PodContainer& container) const {
  return Eventually(Milliseconds(180000),
                    [&] {
                      usleep(200'000);
                      return !container.Running() || Ask("GET", "/readyz").status == 200;
                    }) &&
         container.Running();
}

void KubeadmNode::Register() const {
  const std::string endpoint = "192.0.2.10:" + std::to_string(port_);
  const Json node = {
      {"apiVersion", "v1"},
      {"kind", "Node"},
      {"metadata",
       {{"name", "node-1"},
        {"annotations", {{"kubeadm.alpha.kubernetes.io/cri-socket", "unix:///run/cri.sock"}}}}}};
  const Json pod = {
      {"apiVersion", "v1"},
      {"kind", "Pod"},
      {"metadata",
       {{"name", "kube-apiserver-node-1"},
        {"labels", {{"component", "kube-apiserver"}, {"tier", "control-plane"}}},
        {"annotations",
         {{"kubernetes.io/config.mirror", "a"},
          {"kubeadm.kubernetes.io/kube-apiserver.advertise-address.endpoint", endpoint}}}}},
      {"spec",
       {{"nodeName", "node-1"},
        {"hostNetwork", true},
        {"containers", Json::array({{{"name", "kube-apiserver"}, {"image", "kube-apiserver"}}})}}}};
  for (const auto& [path, object] :
       {std::pair{"/api/v1/nodes", node}, std::pair{"/api/v1/namespaces/kube-system/pods", pod}}) {
    const testing::HttpAnswer made = Ask("POST", path, object);
    INFO(made.body);
    REQUIRE(made.status == 201);
  }
  Kubeadm({"init", "phase", "upload-config", "all", "--config", kConfiguration});
}

}  // namespace baokms::e2e
