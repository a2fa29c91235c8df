// The etcd of a page that takes a census: a real one, where kubeadm's would be.
#pragma once

#include <string>

#include "tests/runbooks/operator.h"
#include "tests/support/etcd/etcd_under_test.h"
#include "tests/support/etcd/stored_envelope.h"
#include "tests/support/harness/temp_directory.h"

namespace baokms::runbooks {

struct Secrets {
  int secrets = 0;
  std::string of_key_id;
};

// Its address and files take the place of kubeadm's in this person's commands.
inline void UseEtcd(Operator& person, const testing::EtcdUnderTest& etcd) {
  const std::string pki = "/etc/kubernetes/pki/etcd/";
  person.Substitute("https://127.0.0.1:2379", etcd.url());
  person.Substitute(pki + "ca.crt", etcd.ca_file());
  person.Substitute(pki + "healthcheck-client.crt", etcd.client_certificate_file());
  person.Substitute(pki + "healthcheck-client.key", etcd.client_key_file());
}

class Etcd {
 public:
  explicit Etcd(Operator& person) {
    UseEtcd(person, etcd_);
    person.Substitute("/etc/openbao-kms/key-usage.json", reports_.File("key-usage.json"));
  }

  // As many secrets as Kubernetes would store under the node's provider name.
  void Hold(const Node& node, const Secrets& held) const {
    testing::EtcdUnderTest::Objects objects;
    const testing::Json& scope = node.config.tree.at("transit").at("keyIdScope");
    for (int i = 0; i < held.secrets; ++i) {
      objects.emplace_back(
          "/registry/secrets/default/" + held.of_key_id + "-" + std::to_string(i),
          testing::ValueOf({.provider_name = scope.at("providerName").get<std::string>(),
                            .key_id = held.of_key_id}));
    }
    etcd_.Put(objects);
  }

  // An object that no provider encrypted.
  void HoldPlain() const { etcd_.Put({{"/registry/pods/default/one", "{}"}}); }

 private:
  testing::TempDirectory reports_;
  mutable testing::EtcdUnderTest etcd_{testing::EtcdTransport::kTlsWithClientCertificates};
};

}  // namespace baokms::runbooks
