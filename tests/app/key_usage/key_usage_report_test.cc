// The census beside the recorded versions (reports-and-labels.md, "key-usage").
#include "app/key_usage/key_usage_report.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "core/wire/sha256.h"
#include "tests/support/core/builders.h"
#include "tests/support/etcd/stored_envelope.h"

namespace baokms::app {
namespace {

using core::testing::IdOf;
using core::testing::RegistryOf;
using core::testing::Snapshot;
using enum core::SnapshotState;
using ::baokms::testing::ValueOf;

// A node with these records, and an etcd that holds objects under these versions.
struct Scene {
  std::expected<core::Registry, std::string> state;
  std::string prefix = "/registry/";
  std::string provider_name = "openbao";
  std::string cluster_id = "prod";
  std::optional<std::vector<core::EncryptionRule>> rules;
  core::KeyCensus census;

  Scene(const std::vector<core::KeySnapshot>& records, const std::vector<int>& objects_under)
      : state(RegistryOf(records)),
        census({.prefix = prefix, .provider_name = provider_name, .recorded = Recorded()}) {
    for (const int version : objects_under) Hold(IdOf(version).str());
  }
  void Hold(const std::string& key_id) {
    census.Count("/registry/secrets/a/b", ValueOf({.key_id = key_id}));
  }
  KeyUsageFacts facts() const {
    return {.name = "key-usage",
            .revision = 41,
            .prefix = prefix,
            .provider_name = provider_name,
            .census = census,
            .state = state,
            .cluster_id = cluster_id,
            .taken_at = core::testing::kNow,
            .rules = rules};
  }
  std::string Text() const { return DescribeKeyUsage(facts()); }
  std::vector<int> Unreferenced() const {
    std::vector<int> versions;
    const Report report = ReportKeyUsage(facts());
    for (const Report& entry : report.at("unreferencedVersions")) {
      versions.push_back(entry.at("transitVersion"));
    }
    return versions;
  }

 private:
  std::vector<core::KeyId> Recorded() const {
    std::vector<core::KeyId> key_ids;
    for (const core::KeySnapshot& record : state->snapshots()) key_ids.push_back(record.key_id);
    return key_ids;
  }
};

bool Says(const std::string& text, std::string_view words) {
  return text.find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("Key usage report: versions below everything that is needed may be retired") {
  const Scene scene(
      {Snapshot(4, kActive), Snapshot(3, kRetired), Snapshot(2, kRetired), Snapshot(1, kRetired)},
      {4, 3});
  CHECK(scene.Unreferenced() == std::vector{1, 2});
  CHECK(Says(scene.Text(), "nothing here refers to version 1, 2: "));
  CHECK(Says(scene.Text(), "retire-versions --before-version 3 removes exactly these versions"));
  CHECK_FALSE(Says(scene.Text(), "wait:"));
}

TEST_CASE("Key usage report: an unreferenced version above a needed one has to wait") {
  const Scene scene({Snapshot(3, kActive), Snapshot(2, kRetired), Snapshot(1, kRetired)}, {3, 1});
  CHECK(scene.Unreferenced() == std::vector{2});
  CHECK(Says(scene.Text(), "wait: nothing here refers to version 2, but version 1 below"));
  CHECK_FALSE(Says(scene.Text(), "retire-versions --before-version"));
}

TEST_CASE("Key usage report: the active version is never called unreferenced") {
  const Scene scene({Snapshot(2, kActive), Snapshot(1, kRetired)}, {1});
  CHECK(scene.Unreferenced().empty());
  CHECK(Says(scene.Text(), "retire: nothing"));
}

TEST_CASE("Key usage report: a pending version is listed with its state and never to be retired") {
  const Scene scene({Snapshot(2, kActive), Snapshot(3, kPending), Snapshot(1, kRetired)}, {2});
  CHECK(scene.Unreferenced() == std::vector{1, 3});
  CHECK(ReportKeyUsage(scene.facts()).at("unreferencedVersions").at(1).at("state") == "pending");
  CHECK(Says(scene.Text(), "nothing here refers to version 1: "));
  CHECK(Says(scene.Text(), "--before-version 2"));
}

TEST_CASE("Key usage report: without a reference to any recorded version there is no evidence") {
  Scene scene({Snapshot(2, kActive), Snapshot(1, kRetired)}, {});
  scene.Hold(::baokms::testing::KeyIdNumber(9));
  CHECK(scene.Unreferenced().empty());
  CHECK(Says(scene.Text(), "No object refers to any recorded version"));
  CHECK(Says(scene.Text(), "warning: 1 objects of this provider name"));
  CHECK_FALSE(Says(scene.Text(), "retire:"));
}

TEST_CASE("Key usage report: objects under a removed version are a warning with the way back") {
  const Scene scene({Snapshot(2, kActive), Snapshot(1, kRemoved)}, {2, 1, 1});
  CHECK(scene.Unreferenced().empty());
  CHECK(Says(scene.Text(),
             "warning: 2 objects refer to version 1, which this node no longer "
             "decrypts: restore-versions --versions 1 restores it"));
}

TEST_CASE("Key usage report: a malformed object is a warning beside what may be retired") {
  Scene scene({Snapshot(2, kActive), Snapshot(1, kRetired)}, {2});
  CHECK_FALSE(Says(scene.Text(), "warning:"));
  scene.census.Count("/registry/secrets/a/c", "k8s:enc:kms:v2:openbao:damage");
  CHECK(Says(scene.Text(), "warning: 1 objects are malformed"));
}

TEST_CASE("Key usage report: a key_id is shown by its hash alone and odd names are escaped") {
  Scene scene({Snapshot(1, kActive)}, {1});
  scene.census.Count("/registry/secrets/a/c", "k8s:enc:aescbc:v1:\x1b[31m\xc2\x9b:x");
  const std::string text = scene.Text();
  const std::string json = RenderJson(ReportKeyUsage(scene.facts()));
  for (const std::string* output : {&text, &json}) {
    CHECK(Says(*output, core::PublicHash(IdOf(1).str())));
    CHECK_FALSE(Says(*output, IdOf(1).str()));
    CHECK_FALSE(Says(*output, "\x1b"));
  }
  CHECK(Says(text, "\\x1b[31m\\xc2\\x9b"));
}

TEST_CASE("Key usage report: thousands are marked and columns are aligned") {
  CHECK(WithThousands(0) == "0");
  CHECK(WithThousands(999) == "999");
  CHECK(WithThousands(1000) == "1,000");
  CHECK(WithThousands(1234567) == "1,234,567");
  Scene scene({Snapshot(2, kActive), Snapshot(1, kRetired)}, std::vector<int>(1200, 2));
  scene.Hold(IdOf(1).str());
  const std::string text = scene.Text();
  CHECK(Says(text,
             "\nencrypted: 1,201 objects\n  objects  provider  resource  version  keyIdHash\n"));
  CHECK(Says(text, "\n    1,200  openbao   secrets   2        "));
  CHECK(Says(text, "\n        1  openbao   secrets   1        "));
}

}  // namespace baokms::app
