// Which resources a file has encrypted (reports-and-labels.md, "key-usage").
#include "adapters/config_yaml/encryption/encryption_rules.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace baokms::tests {
namespace {

using adapters::config_yaml::ReadEncryptionRules;
using enum core::WrittenBy;

std::string Entry(const std::string& resources, const std::string& first) {
  return "  - resources: " + resources + "\n    providers:\n      - " + first +
         "\n      - secretbox: {keys: [{name: spare, secret: "
         "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=}]}\n";
}

std::string Kms(const std::string& version, const std::string& name) {
  return "kms: {apiVersion: " + version + ", name: " + name +
         ", endpoint: \"unix:///run/openbao-kms/kms.sock\"}";
}

std::string File(const std::string& entries) {
  return "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n" +
         entries;
}

}  // namespace

TEST_CASE("Encryption rules: the first provider of each entry writes what the entry lists") {
  const auto rules = ReadEncryptionRules(
      File(Entry("[secrets, widgets.example.org]", Kms("v2", "openbao")) +
           Entry("[configmaps]", "identity: {}") + Entry("[events]", Kms("v2", "another")) +
           Entry("[pods]", "aescbc: {keys: [{name: key1, secret: MDEyMzQ1Njc4OWFiY2RlZg==}]}")),
      "openbao");
  REQUIRE(rules);
  REQUIRE(rules->size() == 4);
  CHECK(rules->at(0).resources == std::vector<std::string>{"secrets", "widgets.example.org"});
  CHECK(rules->at(0).written_by == kThisProvider);
  CHECK(rules->at(1).written_by == kIdentity);
  CHECK(rules->at(2).written_by == kAnotherProvider);
  CHECK(rules->at(3).written_by == kAnotherProvider);
}

TEST_CASE("Encryption rules: our name on an entry of KMS v1 is another provider") {
  const auto rules = ReadEncryptionRules(File(Entry("[secrets]", Kms("v1", "openbao"))), "openbao");
  REQUIRE(rules);
  CHECK(rules->at(0).written_by == kAnotherProvider);
}

TEST_CASE("Encryption rules: a file that kube-apiserver refuses has none") {
  for (const std::string& text :
       {std::string(), std::string("kind: Pod\n"), File(""), File("  - resources: [secrets]\n"),
        File(Entry("[]", "identity: {}")), File(Entry("[secrets]", "kms: {name: openbao}"))}) {
    CAPTURE(text);
    const auto rules = ReadEncryptionRules(text, "openbao");
    REQUIRE_FALSE(rules);
    CHECK_FALSE(rules.error().empty());
  }
}

}  // namespace baokms::tests
