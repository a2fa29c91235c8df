// A control plane: OpenBao, a real etcd, and nodes that each have a provider and a real
// kube-apiserver, joined by the EncryptionConfigurations that `init` writes.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/e2e/support/operator_node.h"
#include "tests/support/etcd/etcd_under_test.h"
#include "tests/support/kubernetes/kube_api_server.h"

namespace baokms::e2e {

// A resource that the EncryptionConfigurations list.
struct Resource {
  std::string name;  // "widgets.example.org" as the EncryptionConfiguration has it
  std::string path;  // of the API, in the namespace "app"
  std::string kind;
  std::string api_version;
  std::string key;  // in etcd, before the object's name
};
// Secrets, config maps and a custom resource.
const std::vector<Resource>& EncryptedResources();

// Says why, when etcd or kube-apiserver is missing.
bool SkippedWithoutControlPlane();

struct ControlPlaneNode {
  ControlPlaneNode(Bench& bench, const testing::EtcdUnderTest& etcd) : node(bench), api(etcd) {}

  OperatorNode node;  // the provider's files and socket, of its own
  std::optional<Serving> provider;
  testing::KubeApiServer api;
};
using ControlPlaneNodes = std::vector<std::unique_ptr<ControlPlaneNode>>;

struct ControlPlane {
  // The providers serve; no kube-apiserver is started.
  explicit ControlPlane(std::size_t size = 1);

  // Of the bundle of `init`, with all of EncryptedResources.
  std::string Readers() const { return readers_; }
  std::string Writers() const { return writers_; }
  std::string WritersOnly() const { return writers_only_; }
  // An identity alone.
  std::string IdentityOnly() const;

  // Gives every kube-apiserver this as its file, with the socket of its own node.
  void Configure(const std::string& encryption_configuration) const;
  void Configure(const std::string& encryption_configuration, const ControlPlaneNode& one) const;
  // Starts every kube-apiserver with this; makes the namespace and the custom resource.
  void Begin(const std::string& encryption_configuration);
  // Takes another one into use everywhere without a restart, as kube-apiserver does within a minute
  // or so; CHECKs all objects meanwhile. The seconds it took.
  double Reload(const std::string& encryption_configuration);

  // One new object of each resource, named `name`, written by the first node or by `server`;
  // REQUIREd to work.
  void Create(const std::string& name) { Create(name, api); }
  void Create(const std::string& name, const testing::KubeApiServer& server);
  // Whether every kube-apiserver reads each object made so far with its value.
  void CheckReadable() const;
  // Whether every /readyz and /livez answers 200.
  void CheckHealthy() const;
  // Every object of every namespace is replaced by itself, as the pages tell: one that was changed
  // meanwhile is left alone. How many were replaced.
  int Rewrite() const;
  // A new Secret; the answer.
  testing::HttpAnswer WriteSecret(const std::string& name) const;
  testing::HttpAnswer ReadSecret(const std::string& name) const;
  // Whether a Secret that WriteSecret made is read with its value.
  bool SecretIsReadable(const std::string& name) const;

  // What etcd holds of this object; REQUIREd.
  std::string Stored(const Resource& resource, const std::string& name) const;
  // `key-usage`, and in its report: objects of ours under `version`, and plaintext ones of
  // EncryptedResources.
  Json Census() const;
  static int EncryptedUnder(const Json& census, int version);
  static int Encrypted(const Json& census);
  static int Plaintext(const Json& census);

  std::string ProviderName() const;

  // Some cases stop and start OpenBao.
  Bench bench = [] {
    UseRaftStorage();
    return Bench();
  }();
  testing::EtcdUnderTest etcd{testing::EtcdTransport::kTlsWithClientCertificates};  // as kubeadm's
  ControlPlaneNodes nodes;
  // Of the first node; a request that can go to any kube-apiserver goes to this one.
  OperatorNode& node;
  std::optional<Serving>& provider;
  testing::KubeApiServer& api;

 private:
  static testing::HttpAnswer Post(const Resource& resource, const std::string& name,
                                  const testing::KubeApiServer& server);

  std::string readers_;
  std::string writers_;
  std::string writers_only_;
  Names objects_;
};

// As kube-apiserver's metrics show a key_id.
std::string KeyIdHash(const std::string& key_id);
// When this kube-apiserver last got a Status with this key_id, in seconds since 1970; 0: never.
// From the first one on it writes under it.
double LastStatusWith(const std::string& key_id, const testing::KubeApiServer& api);

double SecondsSince(std::chrono::steady_clock::time_point begun);
// Seconds until `holds`; REQUIREs that it is within `limit`.
double SecondsUntil(Milliseconds limit, const std::function<bool()>& holds);

}  // namespace baokms::e2e
