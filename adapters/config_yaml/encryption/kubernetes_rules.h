// What kube-apiserver 1.35 refuses in a file that it could decode: ValidateEncryptionConfiguration
// and LoadEncryptionConfig of k8s.io/apiserver v0.35.4, without a reload and with KMS v1 enabled.
#pragma once

#include <string>
#include <vector>

#include "adapters/config_yaml/config_problem.h"
#include "adapters/config_yaml/encryption/encryption_file.h"

namespace baokms::adapters::config_yaml {

struct KubernetesVerdict {
  ConfigProblems problems;
  // What this check leaves to kube-apiserver, by place.
  ConfigProblems unsure;
};

KubernetesVerdict JudgeByKubernetes(const EncryptionFile& file);

}  // namespace baokms::adapters::config_yaml
