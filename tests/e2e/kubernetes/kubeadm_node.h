// A control-plane node that kubeadm makes (tests/kubeapiserver/kubeadm) after node-setup.sh: what
// docs/encrypt-a-cluster.md tells is done in its own directories, with the page's own blocks.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/e2e/kubernetes/pod_container.h"
#include "tests/e2e/support/node_setup_case.h"
#include "tests/support/etcd/etcd_under_test.h"
#include "tests/support/harness/http_client.h"

namespace baokms::e2e {

class KubeadmNode {
 public:
  // The provider serves, the page's commands have put the first file in its place, the patch is
  // there, and kubeadm has made its certificates.
  KubeadmNode();
  // Says why; nothing else is to be called then.
  bool Skipped() const { return skipped_; }

  // kubeadm's configuration of the cluster with this apiServer, the page's or none, for Kubeadm's
  // `--config`.
  void WriteConfiguration(const std::string& api_server, bool rootless = false) const;
  // "apiServer: ..." of the page.
  static std::string PageApiServer();
  // kube-apiserver+merge.yaml of the page, with these numbers for GID.
  void WritePatch(const std::string& groups) const;
  std::string SocketGroup() const { return setup.machine.Id("group", "openbao-kms-socket"); }

  // kubeadm on the node; REQUIREs exit 0. What it printed.
  std::string Kubeadm(std::vector<std::string> arguments) const;
  // `kubeadm init phase control-plane apiserver` with the configuration, which names the patches.
  std::string Manifest() const;
  // kube-apiserver's manifest in what `kubeadm upgrade ... --dry-run` printed.
  static std::string ManifestIn(const std::string& printed);
  // A block of commands of the page, on the node.
  CommandResult RunBlock(const std::string& commands) const;

  // kube-apiserver of that manifest, as it tells.
  std::unique_ptr<PodContainer> Container(const std::string& manifest) const;
  testing::HttpAnswer Ask(const std::string& method, const std::string& path,
                          const Json& object = Json()) const;
  // /readyz answers 200 within three minutes, and `container` runs.
  bool Ready(PodContainer& container) const;
  // The objects that kubeadm finds on a node that has joined.
  void Register() const;

  NodeSetup setup;
  testing::EtcdUnderTest etcd;

 private:
  bool skipped_;
  unsigned short port_;
  testing::TempDirectory output_;
  std::unique_ptr<testing::ChildProcess> provider_;
};

}  // namespace baokms::e2e
