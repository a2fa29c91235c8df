// The report of a change of the state (reports-and-labels.md, "retire-versions, restore-versions").
#include "app/versions/change_report.h"

#include <doctest/doctest.h>

#include <array>

#include "core/wire/sha256.h"
#include "tests/support/core/builders.h"

namespace baokms::app {
namespace {

using core::testing::IdOf;
using core::testing::RegistryOf;
using core::testing::Snapshot;
using enum core::SnapshotState;

}  // namespace

TEST_CASE("Change report: every field is there in its order whatever is empty") {
  const core::Registry registry = RegistryOf({Snapshot(2, kActive)});
  const Report report =
      ReportChange({.operation = "migrate-state", .state_hash = "krs1.before", .after = registry});
  CHECK(RenderChange(report, OutputFormat::kJson) ==
        "{\n  \"operation\": \"migrate-state\",\n  \"applied\": false,\n  \"beforeVersion\": 0,\n"
        "  \"stateHash\": \"krs1.before\",\n  \"nextStateHash\": \"" +
            registry.current_hash() + "\",\n  \"nextGeneration\": 2,\n  \"activeKeyIdHash\": \"" +
            core::PublicHash(IdOf(2).str()) +
            "\",\n  \"removedVersions\": [],\n  \"restoredVersions\": [],\n  \"limitations\": "
            "[]\n}\n");
}

TEST_CASE("Change report: versions are named by number and hash and never by key_id") {
  const core::Registry registry = RegistryOf({Snapshot(3, kActive)});
  constexpr std::array<std::string_view, 2> kLimits = {"one", "two"};
  const Report report = ReportChange({.operation = "retire-versions",
                                      .applied = true,
                                      .before_version = 3,
                                      .state_hash = "krs1.before",
                                      .after = registry,
                                      .removed = {Snapshot(1, kRetired)},
                                      .restored = {Snapshot(2, kRemoved)},
                                      .limitations = kLimits});
  const std::string first = core::PublicHash(IdOf(1).str());
  const std::string second = core::PublicHash(IdOf(2).str());
  CHECK(report.at("removedVersions").dump() ==
        "[{\"transitVersion\":1,\"keyIdHash\":\"" + first + "\"}]");
  const std::string text = RenderChange(report, OutputFormat::kText);
  CHECK(text.starts_with("operation: retire-versions\napplied: true\nbeforeVersion: 3\n"));
  CHECK(text.ends_with("\nlimitations: one\nlimitations: two\nremove: transitVersion=1 keyIdHash=" +
                       first + "\nrestore: transitVersion=2 keyIdHash=" + second + "\n"));
  for (const std::string& shown : {text, RenderChange(report, OutputFormat::kJson)}) {
    CHECK(shown.find("obk2.") == std::string::npos);
  }
}

}  // namespace baokms::app
