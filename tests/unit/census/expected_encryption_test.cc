// Which resources an EncryptionConfiguration has encrypted (reports-and-labels.md, "key-usage").
#include "core/census/expected_encryption.h"

#include <doctest/doctest.h>

namespace baokms::core {

using enum WrittenBy;

TEST_CASE("Expected encryption: a resource is written by the first rule that names it") {
  const std::vector<EncryptionRule> rules = {
      {.resources = {"secrets", "widgets.example.org"}, .written_by = kThisProvider},
      {.resources = {"configmaps"}, .written_by = kIdentity},
      {.resources = {"secrets", "deployments.apps"}, .written_by = kAnotherProvider}};
  CHECK(WhoWrites(rules, "secrets") == kThisProvider);
  CHECK(WhoWrites(rules, "configmaps") == kIdentity);
  CHECK(WhoWrites(rules, "widgets.example.org") == kThisProvider);
  CHECK(WhoWrites(rules, "widgets.example.com") == kNoRule);
  CHECK(WhoWrites(rules, "pods") == kNoRule);
  // etcd's keys of built-in resources do not hold their group.
  CHECK(WhoWrites(rules, "deployments") == kAnotherProvider);
  CHECK(WhoWrites({}, "secrets") == kNoRule);
}

TEST_CASE("Expected encryption: a custom resource is not taken for a built-in one") {
  const std::vector<EncryptionRule> rules = {
      {.resources = {"secrets"}, .written_by = kThisProvider}};
  CHECK(WhoWrites(rules, "secrets.example.org") == kNoRule);
}

TEST_CASE("Expected encryption: wildcards of everything and of one group and of the core group") {
  const auto with = [](const char* name) {
    return std::vector<EncryptionRule>{{.resources = {name}, .written_by = kThisProvider}};
  };
  for (const char* resource : {"secrets", "deployments", "widgets.example.org"}) {
    CHECK(WhoWrites(with("*.*"), resource) == kThisProvider);
  }
  CHECK(WhoWrites(with("*."), "secrets") == kThisProvider);
  CHECK(WhoWrites(with("*."), "deployments") == kNoRule);
  CHECK(WhoWrites(with("*."), "widgets.example.org") == kNoRule);
  CHECK(WhoWrites(with("*.example.org"), "widgets.example.org") == kThisProvider);
  CHECK(WhoWrites(with("*.example.org"), "widgets.example.com") == kNoRule);
  CHECK(WhoWrites(with("*.apps"), "deployments") == kNoRule);
}

}  // namespace baokms::core
