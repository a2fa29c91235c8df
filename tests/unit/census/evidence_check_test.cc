// What a report of key-usage proves about retiring (reports-and-labels.md, "retire-versions").
#include "core/census/evidence_check.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "core/wire/sha256.h"
#include "tests/support/core/builders.h"

namespace baokms::core {
namespace {

using testing::IdOf;
using testing::kNow;
using testing::Snapshot;

std::string HashOfVersion(int version) { return PublicHash(IdOf(version).str()); }

// Version 3 was promoted an hour before the report, and 1 and 2 are to go.
struct Scene {
  UsageReport report;
  EvidenceTerms terms;
  std::vector<KeySnapshot> removed{Snapshot(1, SnapshotState::kRetired),
                                   Snapshot(2, SnapshotState::kRetired)};

  Scene() {
    report.taken_at = kNow + 3600;
    report.cluster_id = "prod";
    report.provider_name = "openbao";
    report.prefix = "/registry/";
    Encrypted(3, 7);
    report.unreferenced = {HashOfVersion(1), HashOfVersion(2)};
    terms = {.now = kNow + 7200,
             .max_age = std::chrono::hours(24),
             .cluster_id = "prod",
             .provider_name = "openbao",
             .prefix = "/registry/",
             .promoted_at = kNow};
  }
  void Encrypted(int version, std::uint64_t objects) {
    report.encrypted.push_back({.provider_name = "openbao",
                                .resource = "secrets",
                                .version = version,
                                .key_id_hash = HashOfVersion(version),
                                .objects = objects});
  }
  std::vector<std::string> Refused() const { return RefuseEvidence(report, terms, removed); }
  // The one reason there must be.
  bool RefusedFor(std::string_view words) const {
    const auto reasons = Refused();
    return reasons.size() == 1 && reasons.front().find(words) != std::string::npos;
  }
};

}  // namespace

TEST_CASE("Evidence: a fresh report of this cluster that names every version is accepted") {
  CHECK(Scene().Refused().empty());
}

TEST_CASE("Evidence: a report about something else is refused") {
  Scene cluster;
  cluster.report.cluster_id = "staging";
  CHECK(cluster.RefusedFor("another cluster"));
  Scene provider;
  provider.report.provider_name = "other";
  CHECK(provider.RefusedFor("another provider name"));
  Scene prefix;
  prefix.report.prefix = "/registry/secrets/";
  CHECK(prefix.RefusedFor("another prefix"));
}

TEST_CASE("Evidence: it may be as old as allowed and no older") {
  Scene scene;
  scene.terms.now = scene.report.taken_at + 24 * 3600;
  CHECK(scene.Refused().empty());
  ++scene.terms.now;
  CHECK(scene.RefusedFor("it is 24 h 0 min old"));
}

TEST_CASE("Evidence: a report from the future is refused beyond what clocks differ by") {
  Scene scene;
  scene.terms.now = scene.report.taken_at - 300;
  CHECK(scene.Refused().empty());
  --scene.terms.now;
  CHECK(scene.RefusedFor("in the future"));
}

TEST_CASE("Evidence: nothing counts that was taken within five minutes of the promotion") {
  Scene scene;
  scene.report.taken_at = kNow + 300;
  CHECK(scene.Refused().empty());
  scene.report.taken_at = kNow + 299;
  CHECK(scene.RefusedFor("until 2023-11-14T22:18:20Z"));
  scene.terms.promoted_at = 0;  // unknown
  CHECK(scene.Refused().empty());
}

TEST_CASE("Evidence: objects under a version that would go are counted by version") {
  Scene scene;
  scene.Encrypted(2, 3);
  scene.Encrypted(2, 2);  // of another resource
  scene.report.unreferenced.erase(HashOfVersion(2));
  CHECK(scene.RefusedFor("5 objects are encrypted under version 2"));
}

TEST_CASE("Evidence: a report that says nothing of a version does not prove it") {
  Scene scene;
  scene.report.unreferenced.erase(HashOfVersion(1));
  CHECK(scene.RefusedFor("does not say that nothing refers to version 1"));
  scene.removed.clear();  // there is nothing to prove
  CHECK(scene.Refused().empty());
}

TEST_CASE("Evidence: malformed objects and unexpected plaintext are refused") {
  Scene malformed;
  malformed.report.malformed = 2;
  CHECK(malformed.RefusedFor("2 objects are malformed"));
  Scene plaintext;
  plaintext.report.unexpected_plaintext = 0;
  CHECK(plaintext.Refused().empty());
  plaintext.report.unexpected_plaintext = 3;
  CHECK(plaintext.RefusedFor("3 objects that should be encrypted are in plaintext"));
}

TEST_CASE("Evidence: where it comes from and when is judged without what it says of versions") {
  Scene scene;
  scene.terms.promoted_at = 0;
  scene.report.unreferenced.clear();
  CHECK(RefuseOrigin(scene.report, scene.terms).empty());
  scene.report.cluster_id = "staging";
  scene.report.provider_name = "other";
  scene.report.prefix = "/other/";
  scene.report.taken_at = scene.terms.now - 24 * 3600 - 1;
  CHECK(RefuseOrigin(scene.report, scene.terms).size() == 4);
}

TEST_CASE("Evidence: every reason is told at once") {
  Scene scene;
  scene.report.cluster_id = "staging";
  scene.report.malformed = 1;
  scene.report.unreferenced.clear();
  CHECK(scene.Refused().size() == 4);
}

}  // namespace baokms::core
