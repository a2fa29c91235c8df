// `kubernetes.encryption_config`: what kube-apiserver and this provider make of an
// EncryptionConfiguration.
#pragma once

#include <string>
#include <string_view>

#include "app/checks/check_report.h"

namespace baokms::app {

// `provider_name` and `socket_path`: of the configuration. Compares files on this node's disk;
// names both paths where the file's is in another directory, and no other value.
CheckResult JudgeEncryptionConfig(std::string_view text, const std::string& provider_name,
                                  const std::string& socket_path);

}  // namespace baokms::app
