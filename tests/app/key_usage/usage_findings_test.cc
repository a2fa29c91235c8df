// What a census found that should not be there, and what follows (reports-and-labels.md,
// "key-usage").
#include "app/key_usage/usage_findings.h"

#include <doctest/doctest.h>

#include <string>

#include "app/key_usage/migration_progress.h"
#include "app/key_usage/usage_metrics.h"
#include "tests/support/core/builders.h"
#include "tests/support/etcd/stored_envelope.h"

namespace baokms::app {
namespace {

using core::testing::IdOf;
using core::testing::RegistryOf;
using core::testing::Snapshot;
using enum core::SnapshotState;
using ::baokms::testing::ValueOf;

// Version 2 is active; etcd holds one object of each kind.
struct Etcd {
  std::string prefix = "/registry/";
  std::string provider_name = "openbao";
  std::string cluster_id = "prod";
  std::expected<core::Registry, std::string> state =
      RegistryOf({Snapshot(2, kActive), Snapshot(1, kRetired)});
  std::optional<std::vector<core::EncryptionRule>> rules = std::vector<core::EncryptionRule>{
      {.resources = {"secrets"}, .written_by = core::WrittenBy::kThisProvider},
      {.resources = {"configmaps"}, .written_by = core::WrittenBy::kIdentity}};
  core::KeyCensus census{
      {.prefix = prefix, .provider_name = provider_name, .recorded = {IdOf(1), IdOf(2)}}};

  void Hold(const std::string& resource, const std::string& value) {
    census.Count(prefix + resource + "/a/b", value);
  }
  void HoldUnder(const core::KeyId& key_id, const std::string& provider = "openbao") {
    Hold("secrets", ValueOf({.provider_name = provider, .key_id = key_id.str()}));
  }
  UsageFindings Look() const { return WhatShouldNotBeThere(census, provider_name, state, rules); }
  std::string Metrics() const {
    return RenderUsageMetrics({.name = "key-usage",
                               .revision = 1,
                               .prefix = prefix,
                               .provider_name = provider_name,
                               .census = census,
                               .state = state,
                               .cluster_id = cluster_id,
                               .taken_at = core::testing::kNow,
                               .rules = rules});
  }
};

constexpr const char* kPlain = "k8s\0plain";

UsageFindings Left(std::uint64_t objects) {
  UsageFindings findings;
  findings.old_version = objects;
  return findings;
}

}  // namespace

TEST_CASE("Usage findings: an etcd as it should be has none") {
  Etcd etcd;
  etcd.HoldUnder(IdOf(2));
  etcd.Hold("configmaps", kPlain);
  etcd.Hold("pods", kPlain);
  const UsageFindings found = etcd.Look();
  for (const Finding finding : kFindings) CHECK(found.Objects(finding) == 0);
  CHECK(Explain(found, {kFindings[0], kFindings[1], kFindings[2], kFindings[3]}).empty());
}

TEST_CASE("Usage findings: each kind is counted apart") {
  Etcd etcd;
  etcd.HoldUnder(IdOf(1));
  etcd.HoldUnder(IdOf(9));  // unknown here: not shown to be newer
  etcd.HoldUnder(IdOf(2), "another");
  etcd.Hold("secrets", "k8s:enc:aescbc:v1:key1:x");
  etcd.Hold("secrets", kPlain);
  etcd.Hold("secrets", "k8s:enc:kms:v2:");
  const UsageFindings found = etcd.Look();
  CHECK(found.Objects(Finding::kOldVersion) == 2);
  CHECK(found.Objects(Finding::kOtherProvider) == 2);
  CHECK(found.Objects(Finding::kPlaintext) == 1);
  CHECK(found.Objects(Finding::kMalformed) == 1);
  CHECK(LeftToRewrite(found) == 5);
  const auto sentences = Explain(found, {Finding::kOldVersion, Finding::kMalformed});
  REQUIRE(sentences.size() == 2);
  CHECK(sentences[0].starts_with("--fail-on old-version: 2 objects"));
  CHECK(sentences[1].starts_with("--fail-on malformed: 1 objects"));
}

TEST_CASE("Usage findings: a version that this node has yet to promote is not old") {
  Etcd etcd;
  etcd.state = RegistryOf({core::testing::Candidate(3, 1), Snapshot(2, kActive)});
  etcd.HoldUnder(IdOf(3));
  CHECK(etcd.Look().Objects(Finding::kOldVersion) == 0);
}

TEST_CASE("Usage findings: what the census cannot tell is a failure with the reason") {
  Etcd etcd;
  etcd.rules.reset();
  etcd.state = std::unexpected(std::string("no state"));
  const UsageFindings found = etcd.Look();
  CHECK_FALSE(found.Objects(Finding::kPlaintext));
  CHECK_FALSE(found.Objects(Finding::kOldVersion));
  const auto sentences = Explain(found, {Finding::kPlaintext, Finding::kOldVersion});
  REQUIRE(sentences.size() == 2);
  CHECK(sentences[0].ends_with("give --encryption-config"));
  CHECK(sentences[1].find("names no versions") != std::string::npos);
}

TEST_CASE("Usage metrics: counts by version and what should not be there") {
  Etcd etcd;
  etcd.HoldUnder(IdOf(1));
  etcd.HoldUnder(IdOf(2));
  etcd.Hold("secrets", kPlain);
  const std::string text = etcd.Metrics();
  for (const char* line : {"openbao_kms_key_usage_objects{version=\"1\",state=\"retired\"} 1\n",
                           "openbao_kms_key_usage_objects{version=\"2\",state=\"active\"} 1\n",
                           "openbao_kms_key_usage_old_version_objects 1\n",
                           "openbao_kms_key_usage_unexpected_plaintext_objects 1\n",
                           "openbao_kms_key_usage_taken_timestamp_seconds 1700000000\n"}) {
    CHECK_MESSAGE(text.find(line) != std::string::npos, line);
  }
  etcd.rules.reset();
  CHECK(etcd.Metrics().find("plaintext") == std::string::npos);
}

TEST_CASE("Migration progress: an estimate from the second census on") {
  MigrationProgress progress;
  CHECK(progress.Tell(1'700'000'000, Left(1000)) ==
        "2023-11-14T22:13:20Z  1,000 objects left to rewrite");
  CHECK(progress.Tell(1'700'000'010, Left(900)) ==
        "2023-11-14T22:13:30Z  900 objects left to rewrite, about 90 s at 10 a second");
  // It began anew.
  CHECK(progress.Tell(1'700'000'020, Left(2000)) ==
        "2023-11-14T22:13:40Z  2,000 objects left to rewrite");
  CHECK(progress.Tell(1'700'000'030, Left(1999)).ends_with("about 5 h 34 min at 0 a second"));
  CHECK(progress.Tell(1'700'000'040, Left(0)) == "2023-11-14T22:14:00Z  0 objects left to rewrite");
  const UsageFindings without_state{.plaintext = std::nullopt, .old_version = std::nullopt};
  CHECK(LeftToRewrite(without_state) == std::nullopt);
  CHECK(progress.Tell(1'700'000'050, without_state)
            .ends_with("Z  not known how many objects are left to rewrite: the local state cannot "
                       "be read"));
}

}  // namespace baokms::app
