// The census beside the recorded versions (reports-and-labels.md, "key-usage").
#include "app/key_usage/key_usage_report.h"

#include <doctest/doctest.h>

#include <sstream>
#include <string>
#include <vector>

#include "app/key_usage/key_usage_text.h"
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
  std::string Text(const TextLayout& layout = {}) const {
    return DescribeKeyUsage(facts(), layout);
  }
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
  CHECK(Says(text, "\n    1,200  openbao   secrets         2  "));
  CHECK(Says(text, "\n        1  openbao   secrets         1  "));
  CHECK(Says(text, "\n  version  state    objects  keyIdHash\n"));
  CHECK(Says(text, "\n        2  active     1,200  "));
  CHECK(Says(text, "\n        1  retired        1  "));
}

TEST_CASE("Key usage report: the text begins with its answer and with why there is none") {
  const Scene scene({Snapshot(2, kActive), Snapshot(1, kRetired)}, {2});
  CHECK(scene.Text().starts_with("retire: nothing here refers to version 1: "));
  const Scene removed({Snapshot(2, kActive), Snapshot(1, kRemoved)}, {2, 1});
  CHECK(removed.Text().starts_with(
      "retire: nothing; every retired version is still referred to or none is left\n"
      "warning: 1 objects refer to version 1, "));
  const Scene empty({Snapshot(2, kActive), Snapshot(1, kRetired)}, {});
  CHECK(empty.Text().starts_with("no answer: No object refers to any recorded version, "));
}

TEST_CASE(
    "Key usage report: on a terminal no line is wider and words and hashes are whole or cut") {
  Scene scene({Snapshot(3, kActive), Snapshot(2, kRetired), Snapshot(1, kRetired)}, {3, 1});
  scene.census.Count("/registry/secrets/a/c", "k8s:enc:kms:v2:openbao:damage");
  const std::string hash = core::PublicHash(IdOf(3).str());
  std::istringstream words(scene.Text());
  std::string whole;
  for (std::string word; words >> word;) whole += word + ' ';
  for (const std::size_t width : {60UZ, 80UZ, 120UZ}) {
    CAPTURE(width);
    const std::string text = scene.Text({.width = width, .color = false});
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) CHECK_MESSAGE(line.size() <= width, line);
    std::istringstream shown(text);
    std::string joined;
    for (std::string word; shown >> word;) joined += word + ' ';
    if (width == 120) CHECK(joined == whole);
    CHECK(Says(text, hash) == (width > 60));
    CHECK(Says(text, hash.substr(0, 12)));
  }
}

TEST_CASE("Key usage report: color is on titles and answers and changes no word") {
  const Scene scene({Snapshot(2, kActive), Snapshot(1, kRetired)}, {2});
  std::string colored = scene.Text({.width = 100, .color = true});
  CHECK(colored.starts_with("\033[32mretire\033[0m: nothing here"));
  CHECK(Says(colored, "\033[1mencrypted\033[0m: 1 objects"));
  for (std::size_t at = 0; (at = colored.find('\033')) != std::string::npos;) {
    colored.erase(at, colored.find('m', at) - at + 1);
  }
  CHECK(colored == scene.Text({.width = 100, .color = false}));
}

}  // namespace baokms::app
