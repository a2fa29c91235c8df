// Values as kube-apiserver stores them, written by Kubernetes' own code (tests/kubeclient) through
// a provider that serves.
#pragma once

#include <string>

#include "tests/e2e/support/bench.h"
#include "tests/support/etcd/etcd_under_test.h"

namespace baokms::e2e {

// BAOKMS_KUBECLIENT, else the program of this build; empty when neither is there.
std::string KubeClient();
// Says why and is true when it is not there.
bool SkippedWithoutKubeClient();

// /registry/secrets/default/object-000000 and on, sealed under this provider's active key_id.
// REQUIREs that it works.
testing::EtcdUnderTest::Objects StoredSecrets(const ProviderConfig& config, int count);

}  // namespace baokms::e2e
