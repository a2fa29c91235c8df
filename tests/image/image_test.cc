// The image of the release build, run as a static pod's container is: read-only, as a user other
// than root, without capabilities, on the node's network (security-and-deployment.md, "Static
// pod").
#include <doctest/doctest.h>

#include <future>
#include <map>
#include <thread>

#include "tests/image/podman_node.h"

namespace baokms::image_tests {
namespace {

constexpr const char* kName = "bao-kms-provider";
constexpr const char* kPodContainer = "bao-kms-provider-bao-kms-provider";  // podman's name for it
constexpr const char* kLogins = "openbao_kms_auth_login_total{status=\"ok\"}";
constexpr const char* kRunSection = "Run it as a container";

void CheckRoundTrip(const testing::KmsStub& kms) {
  const testing::EncryptAnswer encrypted = kms.Encrypt("a value");
  CHECK_MESSAGE(encrypted.status.ok(), encrypted.status.message);
  const testing::DecryptAnswer decrypted = kms.Decrypt(encrypted.sealed);
  CHECK_MESSAGE(decrypted.status.ok(), decrypted.status.message);
  CHECK(decrypted.plaintext == "a value");
}

void RequireReady(const PodmanNode& node, const std::string& container) {
  const bool ready = e2e::Eventually(Milliseconds(40000), [&] { return node.Ready(); });
  INFO(node.Run("podman logs " + container + " 2>&1; podman ps --all").out);
  REQUIRE(ready);
}

// "0000000000000000", of CapEff of the container's process.
std::string StatusField(const PodmanNode& node, const std::string& container,
                        const std::string& field) {
  const std::string status = node.Must("cat /proc/" + node.Pid(container) + "/status");
  const std::string start = "\n" + field + ":\t";
  const std::size_t at = status.find(start);
  REQUIRE(at != std::string::npos);
  return status.substr(at + start.size(), status.find('\n', at + 1) - at - start.size());
}

// What the kernel says of the process, whatever the command line of podman or a manifest promised.
void CheckConfined(const PodmanNode& node, const std::string& container) {
  for (const char* set : {"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"}) {
    CAPTURE(set);
    CHECK(StatusField(node, container, set) == "0000000000000000");
  }
  CHECK(StatusField(node, container, "Uid") == "65532\t65532\t65532\t65532");
  CHECK(StatusField(node, container, "Gid") == "65532\t65532\t65532\t65532");
  const std::string groups = " " + StatusField(node, container, "Groups") + " ";
  CHECK(groups.contains(std::string(" ") + kSocketGid + " "));
  CHECK_FALSE(groups.contains(" 0 "));
  CHECK(StatusField(node, container, "NoNewPrivs") == "1");
  // The runtime's and the provider's own.
  CHECK(std::stoi(StatusField(node, container, "Seccomp_filters")) == 2);
  CHECK(node.Must("findmnt --noheadings --output OPTIONS --mountpoint / --task " +
                  node.Pid(container))
            .starts_with("ro,"));
  // Landlock tells nobody but the process itself.
  for (const auto& [message, reason] :
       {std::pair{"landlock.enforced", "files_and_ports"}, {"seccomp.enforced", "serving"}}) {
    CAPTURE(message);
    const std::vector<Json> lines = node.LogLines(container, message);
    REQUIRE(lines.size() == 1);
    CHECK(lines.front().at("reason") == reason);
  }
}

void CheckStops(const PodmanNode& node, const std::string& stop, const std::string& container) {
  node.Must(stop);
  CHECK(node.Inspect(container).at("State").at("ExitCode") == 0);
  CHECK(node.LogLines(container, "serve.shutdown").size() == 1);
  CHECK_FALSE(node.machine().Exists("/run/openbao-kms/kms.sock"));
}

// What podman understands of it; the page lists the rest.
void CheckTakenFromTheManifest(const PodmanNode& node) {
  const Json container = node.Inspect(kPodContainer);
  CHECK(container.at("ImageName") == node.Image());
  CHECK(container.at("Config").at("User") == "65532:65532");
  const Json& host = container.at("HostConfig");
  CHECK(host.at("NetworkMode") == "host");
  CHECK(host.at("ReadonlyRootfs") == true);
  CHECK(host.at("SecurityOpt") == Json{"no-new-privileges"});
  CHECK(host.at("GroupAdd") == Json{kSocketGid});
  CHECK(host.at("Memory") == 256 << 20);
  CHECK(host.at("RestartPolicy").at("Name") == "always");
  std::map<std::string, bool> writable;
  for (const Json& mount : container.at("Mounts")) {
    CHECK(mount.at("Source") == mount.at("Destination"));
    writable[mount.at("Destination")] = mount.at("RW");
  }
  CHECK(writable == std::map<std::string, bool>{{"/etc/openbao-kms/config.yaml", false},
                                                {"/etc/openbao-kms/tls", false},
                                                {"/run/openbao-kms", true},
                                                {"/var/lib/openbao-kms/credentials", false},
                                                {"/var/lib/openbao-kms/state", true}});
}

// OpenBao by a name that only the node's /etc/hosts has.
void NameOpenBao(PodmanNode& node) {
  node.Must("echo '127.0.0.1 openbao.test' >/etc/hosts");
  std::string address = node.bench().openbao().address();
  address = "https://openbao.test" + address.substr(address.rfind(':'));
  node.values()["openbao"]["address"] = address;
}

TEST_CASE("Image: in a container the provider serves and reads a renewed JWT and drains") {
  if (PodmanNode::Skipped()) return;
  PodmanNode node;
  NameOpenBao(node);
  node.SetUp();
  node.LoadImage();
  node.DoPage(kRunSection, "container");
  RequireReady(node, kName);
  CHECK(node.Health("/live") == 200);
  const testing::KmsStub kms = node.Kms();
  CHECK(kms.Status().healthz == "ok");
  CheckRoundTrip(kms);
  CheckConfined(node, kName);

  // From now on OpenBao only takes JWTs that the first one is not.
  CHECK(node.Metric(kLogins) == 1);
  node.bench().setup.CreateRole(node.bench().setup.options().role,
                                {{"bound_claims", {{"renewed", "yes"}}}});
  node.RenewJwt(node.bench().setup.MintJwt({{"renewed", "yes"}}));
  node.bench().setup.RevokeAllTokens();
  CheckRoundTrip(kms);
  CHECK(node.Metric(kLogins) == 2);

  CheckStops(node, std::string("podman stop --time 20 ") + kName, kName);
}

TEST_CASE("Faults: SIGTERM lets a call under way finish") {
  if (PodmanNode::Skipped()) return;
  PodmanNode node;
  node.values()["openbao"]["timeout"] = "9s";
  node.values()["status"] = {{"deepProbeInterval", "10m"}};  // no probe meets the slow reply
  node.SetUp();
  node.LoadImage();
  node.DoPage(kRunSection, "container");
  RequireReady(node, kName);
  const testing::KmsStub kms = node.Kms();
  const testing::EncryptAnswer encrypted = kms.Encrypt("drained");
  REQUIRE(encrypted.status.ok());
  e2e::SharedEmulator().QueueFault(
      {{"operation", "transit_decrypt"}, {"delay_ms", 6000}, {"count", 4}});
  auto call = std::async(std::launch::async, [&] {
    return kms.Decrypt(encrypted.sealed, "uid-1", Milliseconds(15000));
  });
  REQUIRE(e2e::Eventually(Milliseconds(2000), [&] {
    return node.Metric("openbao_kms_grpc_in_flight{method=\"decrypt\"}") == 1;
  }));
  node.Must(std::string("podman kill --signal TERM ") + kName);
  CHECK(call.wait_for(Milliseconds(0)) == std::future_status::timeout);
  const testing::DecryptAnswer answer = call.get();
  CHECK_MESSAGE(answer.status.ok(), answer.status.message);
  CHECK(answer.plaintext == "drained");
  CHECK(node.Must(std::string("podman wait ") + kName) == "0");
}

TEST_CASE("Image: the manifest that init writes runs as a pod") {
  if (PodmanNode::Skipped()) return;
  PodmanNode node;
  NameOpenBao(node);
  node.SetUp();
  node.LoadImage();
  CHECK(node.DoPage("Check it", "check").starts_with(node.digest() + "\nversion: v"));
  node.DoPage("Take the program out of it", "program");
  node.Must("/bundle/node-setup.sh check --program /opt/bao-kms-provider");
  node.Must("mkdir -p /etc/kubernetes/manifests");
  auto start = std::async(std::launch::async, [&node] {
    return node.Run("/bundle/node-setup.sh start --program /opt/bao-kms-provider --wait 30");
  });
  const bool given = e2e::Eventually(Milliseconds(10000), [&node] {
    return node.machine().Exists("/etc/kubernetes/manifests/bao-kms-provider.yaml");
  });
  // The kubelet's part.
  if (given) node.DoPage("Run it as a pod", "pod");
  const CommandResult started = start.get();
  INFO(started.out);
  INFO(started.err);
  REQUIRE(given);
  CHECK(started.code == 0);
  RequireReady(node, kPodContainer);
  CheckRoundTrip(node.Kms());
  CheckConfined(node, kPodContainer);
  CheckTakenFromTheManifest(node);
  CheckStops(node, std::string("podman pod stop --time 20 ") + kName, kPodContainer);
}

TEST_CASE("Image: containerd takes the archive under the digest that the manifest names") {
  if (PodmanNode::Skipped() || PodmanNode::SkippedWithout("containerd")) return;
  const PodmanNode node;
  node.Must(
      "containerd >/root/containerd.log 2>&1 & until ctr version >/dev/null 2>&1; do sleep 0.1; "
      "done");
  node.DoPage("Put it on a node", "containerd");
  const std::string listed = node.Must("ctr --namespace k8s.io images list name==" + node.Image());
  INFO(listed);
  CHECK(listed.contains("\n" + node.Image() + " "));
  CHECK(listed.contains("io.cri-containerd.image=managed"));  // the kubelet sees it
  node.Must("mkdir image && ctr --namespace k8s.io images mount " + node.Image() + " image");
  CHECK(node.Must("image/usr/bin/bao-kms-provider version").starts_with("version: v"));
  node.Must("umount image");
}

}  // namespace
}  // namespace baokms::image_tests
