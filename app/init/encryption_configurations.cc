#include "app/init/encryption_configurations.h"

#include "adapters/config_yaml/config_problem.h"
#include "adapters/config_yaml/encryption/encryption_configuration.h"
#include "app/init/yaml_quoted.h"

namespace baokms::app {

std::string EncryptionConfiguration(const Installation& installation, ApiServerPhase phase) {
  const core::Configuration& configuration = installation.configuration;
  const std::string kms =
      "      - kms:\n"
      "          apiVersion: v2\n"
      "          name: " +
      YamlQuoted(configuration.transit.key_id_scope.provider_name) +
      "\n"
      "          endpoint: " +
      YamlQuoted("unix://" + configuration.server.socket_path) +
      "\n"
      "          timeout: 3s\n";
  const std::string identity = "      - identity: {}\n";
  const bool readers = phase == ApiServerPhase::kReaders;
  return std::string(readers ? "# Phase 1: on every control-plane node before phase 2 on any. "
                               "Reads encrypted Secrets, writes plaintext.\n"
                             : "# Phase 2: after every API server runs with phase 1. Encrypts "
                               "Secrets on write, still reads plaintext ones.\n") +
         "apiVersion: apiserver.config.k8s.io/v1\n"
         "kind: EncryptionConfiguration\n"
         "resources:\n"
         "  - resources:\n"
         "      - secrets\n"
         "    providers:\n" +
         (readers ? identity + kms : kms + identity);
}

std::string WrongWith(const std::string& encryption_configuration, const Installation& installation,
                      ApiServerPhase phase) {
  const core::Configuration& configuration = installation.configuration;
  const auto verdict = adapters::config_yaml::JudgeEncryptionConfiguration(
      encryption_configuration, configuration.transit.key_id_scope.provider_name,
      configuration.server.socket_path);
  if (!verdict.problems.empty()) {
    return adapters::config_yaml::FormatProblem(verdict.problems.front());
  }
  using adapters::config_yaml::RemarkKind;
  const auto expected =
      phase == ApiServerPhase::kReaders ? RemarkKind::kWritesPlaintext : RemarkKind::kListsIdentity;
  if (verdict.remarks.size() != 1 || !verdict.Has(expected)) {
    return "the order of its providers is different";
  }
  return "";
}

}  // namespace baokms::app
