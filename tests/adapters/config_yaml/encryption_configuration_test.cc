// configuration-and-cli.md, "EncryptionConfiguration checks": places, lines and remarks. Whole
// files with their verdicts are in tests/encryption_configurations.
#include "adapters/config_yaml/encryption/encryption_configuration.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

namespace baokms::tests {
namespace {

using adapters::config_yaml::EncryptionConfigurationVerdict;
using adapters::config_yaml::RemarkKind;

constexpr const char* kSecret = "c2VjcmV0LWtleS1ieXRlcw==";

const std::string kGood = R"(apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
  - resources: [secrets, configmaps]
    providers:
      - kms:
          apiVersion: v2
          name: openbao
          endpoint: unix:///run/openbao-kms/kms.sock
          timeout: 3s
      - aescbc:
          keys:
            - name: key1
              secret: )" + std::string(kSecret) +
                          R"(
)";

EncryptionConfigurationVerdict Judge(const std::string& yaml) {
  auto verdict = adapters::config_yaml::JudgeEncryptionConfiguration(yaml, "openbao",
                                                                     "/run/openbao-kms/kms.sock");
  for (const auto& problem : verdict.problems) {
    CHECK_FALSE(problem.message.contains(kSecret));
    CHECK_FALSE(problem.field.contains(kSecret));
  }
  return verdict;
}

std::string With(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE_MESSAGE(at != std::string::npos, from);
  return text.replace(at, from.size(), to);
}

void Refuses(const std::string& yaml, const std::string& field, std::string_view message) {
  const auto verdict = Judge(yaml);
  bool found = false;
  for (const auto& problem : verdict.problems) {
    INFO(problem.field << ": " << problem.message);
    found = found || (problem.field == field && problem.message.contains(message));
  }
  CHECK_MESSAGE(found, field << ": " << message);
}

TEST_CASE("EncryptionConfiguration: a good one passes and says where plaintext is written") {
  const auto plain = Judge(kGood);
  CHECK(plain.problems.empty());
  CHECK(plain.remarks.empty());
  const auto last = Judge(kGood + "      - identity: {}\n");
  CHECK(last.problems.empty());
  REQUIRE(last.remarks.size() == 1);
  CHECK(last.Has(RemarkKind::kListsIdentity));
  CHECK(last.remarks[0].field == "resources[0].providers[2]");
  const auto first =
      Judge(With(kGood, "    providers:\n", "    providers:\n      - identity: {}\n"));
  CHECK(first.problems.empty());
  REQUIRE(first.remarks.size() == 1);
  CHECK(first.Has(RemarkKind::kWritesPlaintext));
}

TEST_CASE(
    "EncryptionConfiguration: paths are compared as files, by the caller where text is not "
    "enough") {
  const std::string elsewhere =
      With(kGood, "unix:///run/openbao-kms/kms.sock", "unix:///host/openbao-kms/kms.sock");
  const auto told = Judge(elsewhere);
  REQUIRE(told.remarks.size() == 1);
  CHECK(told.Has(RemarkKind::kOtherDirectory));
  CHECK(told.remarks[0].detail == "/host/openbao-kms/kms.sock");
  const auto linked = adapters::config_yaml::JudgeEncryptionConfiguration(
      elsewhere, "openbao", "/run/openbao-kms/kms.sock",
      [](const std::string& one, const std::string& other) {
        return one == "/host/openbao-kms/kms.sock" && other == "/run/openbao-kms/kms.sock";
      });
  CHECK(linked.remarks.empty());
  using adapters::config_yaml::SamePath;
  CHECK(SamePath("/var/run/a//b/./c", "/run/a/b/c"));
  CHECK_FALSE(SamePath("/var/runs/a", "/runs/a"));
  CHECK_FALSE(SamePath("/run/a", "/run/b"));
  CHECK_FALSE(SamePath("run/a", "/run/a"));
  CHECK_FALSE(SamePath("", ""));
}

TEST_CASE("EncryptionConfiguration: aliases may multiply, but not without end") {
  std::string bomb = "a: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 8; ++i) {
    const std::string alias = "*a" + std::to_string(i - 1);
    bomb += "b" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 9; ++j) bomb += alias + ", ";
    bomb += alias + "]\n";
  }
  Refuses(bomb + kGood, "document", "comes from aliases");
  Refuses(kGood + "x: " + std::string(300, '[') + std::string(300, ']') + "\n", "document",
          "nested too deeply");
}

TEST_CASE("EncryptionConfiguration: every broken rule is named by its place") {
  using Row = std::vector<std::string>;  // from, to, field, message
  const std::string kms = "resources[0].providers[0].kms.";
  for (const Row& row : std::vector<Row>{
           {"apiserver.config.k8s.io/v1", "v1", "apiVersion", "must be apiserver"},
           {"kind: EncryptionConfiguration", "kind: EncryptionConfig", "kind", "must be Encr"},
           {"kind: EncryptionConfiguration\n", "", "kind", "is missing"},
           {"kind:", "metadata: {}\nkind:", "metadata", "unknown field"},
           {"[secrets, configmaps]", "[]", "resources[0].resources", "must not be missing"},
           {"[secrets, configmaps]", "secrets", "resources[0].resources", "must be a list"},
           {"  - resources: [secrets", "  - resource: x\n    resources: [secrets",
            "resources[0].resource", "unknown field"},
           {"apiVersion: v2", "apiVersion: v3", kms + "apiVersion", "must be v1 or v2"},
           {"apiVersion: v2", "apiVersion: v1", kms + "apiVersion", "must be v2"},
           {"          apiVersion: v2\n", "", kms + "apiVersion", "must be v2"},
           {"name: openbao", "name: other", kms + "name", "providerName"},
           {"          name: openbao\n", "", kms + "name", "must not be missing"},
           {"name: openbao", "name: ''", kms + "name", "must not be missing"},
           {"name: openbao", "name: 12", kms + "name", "quote it"},
           {"unix:///run/openbao-kms/kms.sock", "unix:///run/other.sock", kms + "endpoint",
            "server.socketPath"},
           {"unix:///run/openbao-kms/kms.sock", "/run/openbao-kms/kms.sock", kms + "endpoint",
            "must begin with unix://"},
           {"timeout: 3s", "timeout: 3", kms + "timeout", "quote it"},
           {"timeout: 3s", "timeout: soon", kms + "timeout", "a duration such as"},
           {"timeout: 3s", "timeout: 0s", kms + "timeout", "a duration above 0s"},
           {"timeout: 3s", "cachesize: 100", kms + "cachesize", "not allowed with"},
           {"timeout: 3s", "timeOut: 3s", kms + "timeOut", "unknown field"},
           {"- name: key1", "- nom: key1", "resources[0].providers[1].aescbc.keys[0].name",
            "must not be missing"},
           {"secret: " + std::string(kSecret), "secret: ''",
            "resources[0].providers[1].aescbc.keys[0].secret", "must not be missing"},
           {"      - aescbc:", "      - aes:", "resources[0].providers[1].aes", "unknown field"},
           {"      - aescbc:", "        identity: {}\n      - aescbc:", "resources[0].providers[0]",
            "exactly one provider"}}) {
    CAPTURE(row[1]);
    Refuses(With(kGood, row[0], row[1]), row[2], row[3]);
  }
}

TEST_CASE("EncryptionConfiguration: a file without our entry says what to add") {
  const std::string entry = R"(          name: other
          endpoint: unix:///run/other.sock
)";
  Refuses(
      With(kGood, "          name: openbao\n          endpoint: unix:///run/openbao-kms/kms.sock\n",
           entry),
      "resources", "no kms entry is for this provider");
}

TEST_CASE("EncryptionConfiguration: lists and documents that are empty or cut are refused") {
  Refuses("", "document", "");
  Refuses("apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources: []\n",
          "resources", "must not be missing or empty");
  Refuses("apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\n", "resources",
          "must not be missing or empty");
  CHECK(Judge(kGood + "---\n" + kGood).Has(RemarkKind::kFurtherDocuments));
  CHECK_FALSE(Judge(With(kGood, "kind:", "kind: x\nkind:")).problems.empty());
  CHECK_FALSE(Judge("[").problems.empty());
  CHECK_FALSE(Judge("- a\n").problems.empty());
  const std::size_t entry_ends = kGood.find("kms.sock");
  for (std::size_t cut = 1; cut < entry_ends; ++cut) {
    CHECK_FALSE(Judge(kGood.substr(0, cut)).problems.empty());
  }
}

}  // namespace
}  // namespace baokms::tests
