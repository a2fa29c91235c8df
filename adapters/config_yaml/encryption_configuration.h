// kube-apiserver's EncryptionConfiguration, judged as it will judge it, and whether it sends this
// provider what it should (configuration-and-cli.md, "EncryptionConfiguration checks").
#pragma once

#include <string>
#include <string_view>

#include "adapters/config_yaml/config_problem.h"

namespace baokms::adapters::config_yaml {

struct EncryptionConfigurationVerdict {
  // By their place ("resources[0].providers[1].kms.endpoint") and line; never a value: the file may
  // hold keys. Empty: accepted, and our entry is in it.
  ConfigProblems problems;
  // Whether an `identity` provider is listed, and whether one comes first, so that writes of those
  // resources are in plaintext.
  bool lists_identity = false;
  bool writes_plaintext = false;
};

// `provider_name` and `socket_path`: what our entry must name.
EncryptionConfigurationVerdict JudgeEncryptionConfiguration(std::string_view yaml,
                                                            const std::string& provider_name,
                                                            const std::string& socket_path);

}  // namespace baokms::adapters::config_yaml
