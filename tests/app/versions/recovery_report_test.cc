// The report of `recover-state` (reports-and-labels.md, "recover-state").
#include "app/versions/recovery_report.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "core/wire/sha256.h"
#include "tests/support/core/builders.h"

namespace baokms::app {
namespace {

core::RebuiltState Recovered(const core::TransitKeyMetadata& metadata,
                             const core::RebuildEvidence& evidence = {}) {
  const core::RebuildRequest request{.purpose = core::RebuildPurpose::kAdopt};
  auto state = core::RebuildState(core::testing::Bind(), metadata, request, evidence);
  REQUIRE(state);
  return *std::move(state);
}

bool Limits(const Report& report, std::string_view words) {
  return std::ranges::any_of(report.at("limitations"), [&](const Report& limitation) {
    return limitation.get<std::string>().contains(words);
  });
}

}  // namespace

TEST_CASE("Recovery report: each version has its proof and objects only beside a census") {
  const core::RebuiltState state = Recovered(core::testing::FitMetadata(2));
  Report report = ReportRecovery({.state = state});
  CHECK(report.at("stateHash") == state.registry.current_hash());
  CHECK(report.at("evidence") == Report::array());
  CHECK(
      report.at("versions").dump() ==
      "[{\"transitVersion\":2,\"keyIdHash\":\"" + core::PublicHash(core::testing::IdOf(2).str()) +
          "\",\"state\":\"active\",\"createdAt\":\"2023-11-14T22:14:20Z\",\"proof\":[\"openbao\"]"
          "},{\"transitVersion\":1,\"keyIdHash\":\"" +
          core::PublicHash(core::testing::IdOf(1).str()) +
          "\",\"state\":\"retired\",\"createdAt\":\"2023-11-14T21:56:40Z\",\"proof\":[\"openbao\"]"
          "}]");
  report = ReportRecovery({.state = state, .census_taken_at = 1'700'000'000});
  CHECK(Limits(report, "shows etcd as it was at 2023-11-14T22:13:20Z, and neither"));
  CHECK(report.at("versions").at(0).at("objects") == 0);
  CHECK(RenderRecovery(report, OutputFormat::kText)
            .ends_with(" createdAt=2023-11-14T21:56:40Z proof=openbao objects=0\n"));
}

TEST_CASE("Recovery report: what nothing proves is said first and evidence takes it back") {
  const core::RebuiltState state = Recovered(core::testing::FitMetadata(2));
  const Report bare = ReportRecovery({.state = state});
  CHECK(bare.at("limitations").at(0).get<std::string>().starts_with("WITHOUT EVIDENCE: "));
  CHECK(Limits(bare, "made again"));
  CHECK(Limits(ReportRecovery({.state = state, .adopt = true}), "WITHOUT EVIDENCE: if etcd has"));
  for (const Report& proven : {ReportRecovery({.state = state, .peer_given = true}),
                               ReportRecovery({.state = state, .census_taken_at = 0})}) {
    CHECK_FALSE(Limits(proven, "WITHOUT EVIDENCE"));
  }
  CHECK(Limits(bare, "retire them there once more"));
  CHECK_FALSE(Limits(ReportRecovery({.state = state, .peer_given = true}), "once more"));
}

TEST_CASE("Recovery report: what is hidden or trimmed or does not decrypt now is a limitation") {
  core::TransitKeyMetadata metadata = core::testing::FitMetadata(5);
  metadata.min_available_version = 2;
  metadata.min_decryption_version = 4;
  std::erase_if(metadata.versions, [](const auto& entry) { return entry.version < 4; });
  const Report hidden = ReportRecovery({.state = Recovered(metadata)});
  CHECK(Limits(hidden, "min_decryption_version hides version 2-3, "));
  CHECK(Limits(hidden, "Versions below 2 were trimmed"));
  using enum core::SnapshotState;
  const core::RebuildEvidence peer{
      .peer = core::testing::RegistryOf(
          {core::testing::Snapshot(5, kActive), core::testing::Snapshot(3, kRetired),
           core::testing::Snapshot(2, kRetired), core::testing::Snapshot(1, kRemoved)}),
      .census = std::nullopt};
  const Report known = ReportRecovery({.state = Recovered(metadata, peer), .peer_given = true});
  CHECK(Limits(known, "OpenBao does not decrypt version 2-3 now"));
  CHECK_FALSE(Limits(known, "hides version"));
}

}  // namespace baokms::app
