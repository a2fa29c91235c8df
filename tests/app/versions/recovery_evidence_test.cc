// What `recover-state` is given as proof.
#include "app/versions/recovery_evidence.h"

#include <doctest/doctest.h>

#include "app/reports/report.h"
#include "tests/support/core/builders.h"

namespace baokms::app {
namespace {

using core::testing::Bind;

constexpr core::UnixSeconds kTaken = 1'700'000'000;

Report Census() {
  return Report::parse(R"({"name": "key-usage", "revision": 41, "prefix": "/registry/",
    "keysScanned": 12, "encrypted": [
    {"providerName": "ours", "resource": "secrets", "keyIdHash": "a", "transitVersion": 1, "objects": 3},
    {"providerName": "hsm", "resource": "secrets", "keyIdHash": "b", "objects": 4}],
    "malformed": [], "unreferencedVersions": [], "takenAt": "2023-11-14T22:13:20Z",
    "clusterId": "prod", "providerName": "ours"})");
}

core::EvidenceTerms Terms() {
  return {.now = kTaken + 60,
          .max_age = std::chrono::hours(24),
          .cluster_id = "prod",
          .provider_name = "ours",
          .prefix = "/registry/"};
}

bool Refused(const Report& report) {
  const auto census = ReadCensus(report.dump(), Terms());
  if (!census) {
    CHECK(census.error().size() == 1);
    CHECK(census.error()[0].starts_with("--evidence: the file is not a report of "));
  }
  return !census;
}

// The one reason there must be.
bool RefusedFor(const Report& report, const core::EvidenceTerms& terms, std::string_view words) {
  const auto census = ReadCensus(report.dump(), terms);
  return !census && census.error().size() == 1 &&
         census.error()[0].starts_with("--evidence: " + std::string(words));
}

}  // namespace

TEST_CASE("Recovery evidence: a census counts what is under this provider's name") {
  const auto census = ReadCensus(Census().dump(), Terms());
  REQUIRE(census);
  CHECK(census->taken_at == kTaken);
  CHECK(census->evidence.keys_scanned == 12);
  CHECK(census->evidence.complete);
  REQUIRE(census->evidence.references.size() == 1);
  CHECK(census->evidence.references[0].key_id_hash == "a");
  CHECK(census->evidence.references[0].resource == "secrets");
  CHECK(census->evidence.references[0].objects == 3);
}

TEST_CASE("Recovery evidence: a list that was full is not complete") {
  Report report = Census();
  report["encrypted"][1] = {
      {"providerName", "other"}, {"resource", "other"}, {"keyIdHash", "other"}, {"objects", 9}};
  CHECK_FALSE(ReadCensus(report.dump(), Terms())->evidence.complete);
}

TEST_CASE("Recovery evidence: a report of another cluster or provider or prefix is refused") {
  Report cluster = Census();
  cluster["clusterId"] = "staging";
  CHECK(RefusedFor(cluster, Terms(), "it is about another cluster (clusterId)"));
  Report provider = Census();
  provider["providerName"] = "hsm";
  CHECK(RefusedFor(provider, Terms(), "it was taken for another provider name"));
  Report prefix = Census();
  prefix["prefix"] = "/registry/secrets/";
  CHECK(RefusedFor(prefix, Terms(), "it was taken below another prefix of etcd"));
  cluster["prefix"] = "/other/";
  CHECK(ReadCensus(cluster.dump(), Terms()).error().size() == 2);
}

TEST_CASE("Recovery evidence: a report that is too old or from the future is refused") {
  core::EvidenceTerms terms = Terms();
  terms.now = kTaken + 24 * 3600;
  CHECK(ReadCensus(Census().dump(), terms));
  ++terms.now;
  CHECK(RefusedFor(Census(), terms, "it is 24 h 0 min old: take it again"));
  terms.now = kTaken - 301;
  CHECK(RefusedFor(Census(), terms, "it was taken in the future"));
}

TEST_CASE("Recovery evidence: what is no report of key-usage is refused") {
  for (const char* text : {"", "[]", "null", "{}", "{\"name\": \"key-usage\"}"}) {
    CHECK_FALSE(ReadCensus(text, Terms()));
  }
  CHECK_FALSE(ReadCensus(Census().dump().substr(0, 60), Terms()));
  for (const char* field : {"name", "keysScanned", "encrypted", "takenAt", "clusterId"}) {
    Report report = Census();
    report.erase(field);
    CHECK(Refused(report));
    report[field] = nullptr;
    CHECK(Refused(report));
  }
  for (const char* field : {"providerName", "resource", "keyIdHash", "objects"}) {
    Report report = Census();
    report["encrypted"][0].erase(field);
    CHECK(Refused(report));
    report["encrypted"][0][field] = -1;
    CHECK(Refused(report));
  }
  Report other = Census();
  other["name"] = "rotation-plan";
  CHECK(Refused(other));
}

TEST_CASE("Recovery evidence: a peer's state must be of this configuration") {
  const core::Registry peer = core::testing::FirstRegistry();
  const std::string file = core::RegistryBytes(peer.ToDocument());
  CHECK(ReadPeerState(file, Bind()) == peer);
  const auto other = ReadPeerState(file, Bind(core::testing::NamespacedIdentity()));
  REQUIRE_FALSE(other);
  CHECK(
      other.error().starts_with("--peer-state: openbao.namespace is not the one that this state"));
  CHECK_FALSE(ReadPeerState(file.substr(1), Bind()));
}

}  // namespace baokms::app
