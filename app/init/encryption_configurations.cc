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
  const auto file = [](const std::string& comment, const std::string& providers) {
    return comment +
           "apiVersion: apiserver.config.k8s.io/v1\n"
           "kind: EncryptionConfiguration\n"
           "resources:\n"
           "  - resources:\n"
           "      - secrets\n"
           "    providers:\n" +
           providers;
  };
  switch (phase) {
    case ApiServerPhase::kReaders:
      return file(
          "# Phase 1: on every control-plane node before phase 2 on any. Reads encrypted Secrets, "
          "writes plaintext.\n",
          identity + kms);
    case ApiServerPhase::kWriters:
      return file(
          "# Phase 2: after every API server runs with phase 1. Encrypts Secrets on write, still "
          "reads plaintext ones.\n",
          kms + identity);
    case ApiServerPhase::kWithoutIdentity:
      break;
  }
  return file(
      "# After every Secret was rewritten and key-usage lists none in plaintext. Encrypts Secrets "
      "on "
      "write, refuses plaintext ones.\n",
      kms);
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
  const bool as_expected =
      phase == ApiServerPhase::kWithoutIdentity
          ? verdict.remarks.empty()
          : verdict.remarks.size() == 1 &&
                verdict.Has(phase == ApiServerPhase::kReaders ? RemarkKind::kWritesPlaintext
                                                              : RemarkKind::kListsIdentity);
  return as_expected ? "" : "the order of its providers is different";
}

}  // namespace baokms::app
