// The local state beside live metadata (reports-and-labels.md, "rotation-plan, verify-rotation").
#include "app/versions/rotation_report.h"

#include <doctest/doctest.h>

#include "core/wire/sha256.h"
#include "tests/support/core/builders.h"

namespace baokms::app {
namespace {

using core::testing::Bind;
using core::testing::Candidate;
using core::testing::FitMetadata;
using core::testing::IdOf;
using core::testing::kNow;
using core::testing::RegistryOf;
using core::testing::Snapshot;
using enum core::SnapshotState;
using core::CheckpointStatus;

// A settled node at version 2, and a key that says the same; each test changes what it is about.
struct Bench {
  core::Registry::Identity identity = Bind();
  core::RegistryFiles files = Holding(RegistryOf({Snapshot(2, kActive), Snapshot(1, kRetired)}));
  LiveKey key{.metadata = FitMetadata(2), .problem = {}};
  core::Duration activation_delay = std::chrono::minutes(2);

  static core::RegistryFiles Holding(const core::Registry& registry) {
    return {.recovered = {.registry = registry, .checkpoint = CheckpointStatus::kCurrent},
            .checkpoint = registry.ToCheckpoint()};
  }
  RotationReport Make(RotationReport (*reporter)(const RotationFacts&) = ReportRotation) const {
    return reporter({.name = "a-command",
                     .identity = identity,
                     .files = files,
                     .key = key,
                     .policy = {},
                     .activation_delay = activation_delay,
                     .wall = kNow});
  }
  std::string Error() const {
    const RotationReport made = Make();
    CHECK(made.report.at("transitMetadataStatus") == "fail");
    CHECK(made.report.at("transitMetadataError") == made.problem);
    return made.problem;
  }
};

}  // namespace

TEST_CASE("Rotation report: a settled node has no problem and nothing empty is printed") {
  const Bench bench;
  const RotationReport made = bench.Make();
  CHECK(made.problem.empty());
  const core::Registry& registry = *bench.files.recovered.registry;
  CHECK(RenderFields(made.report) ==
        "name: a-command\ntransitMetadataStatus: pass\nstateLoaded: true\nstateGeneration: 2\n"
        "stateHash: " +
            registry.current_hash() +
            "\nstateCheckpointLoaded: true\nstateCheckpointStatus: current\n"
            "stateCheckpointGeneration: 2\nstateCheckpointHash: " +
            registry.current_hash() + "\nactiveKeyIdHash: " + core::PublicHash(IdOf(2).str()) +
            "\nactiveTransitVersion: 2\nlatestTransitVersion: 2\nrotationState: active\n");
}

TEST_CASE("Rotation report: a pending version has a time of promotion once it is stable") {
  Bench bench;
  bench.key.metadata = FitMetadata(3);
  bench.files = Bench::Holding(RegistryOf({Snapshot(2, kActive), Candidate(3, 0)}));
  Report report = bench.Make().report;
  CHECK(report.at("rotationState") == "pending");
  CHECK(report.at("pendingKeyIdHash") == core::PublicHash(IdOf(3).str()));
  CHECK(report.at("pendingTransitVersion") == 3);
  CHECK_FALSE(report.contains("pendingStableObservationCount"));
  CHECK_FALSE(report.contains("pendingPromotesAfter"));

  bench.files = Bench::Holding(RegistryOf({Snapshot(2, kActive), Candidate(3, 3, kNow)}));
  report = bench.Make().report;
  CHECK(report.at("pendingStableObservationCount") == 3);
  CHECK(report.at("pendingPromotesAfter") == "2023-11-14T22:15:20Z");
  // Never earlier than the delay says.
  bench.activation_delay = std::chrono::milliseconds(500);
  CHECK(bench.Make().report.at("pendingPromotesAfter") == "2023-11-14T22:13:21Z");
}

TEST_CASE("Rotation report: dates and times are RFC 3339 in UTC") {
  Bench bench;
  bench.key.metadata = FitMetadata(3);
  bench.activation_delay = {};
  const auto at = [&](core::UnixSeconds seconds) {
    bench.files = Bench::Holding(RegistryOf({Snapshot(2, kActive), Candidate(3, 3, seconds)}));
    return bench.Make().report.at("pendingPromotesAfter").get<std::string>();
  };
  CHECK(at(1'704'067'199) == "2023-12-31T23:59:59Z");
  CHECK(at(1'704'067'200) == "2024-01-01T00:00:00Z");
  CHECK(at(1'709'210'096) == "2024-02-29T12:34:56Z");
  CHECK(at(4'102'444'800) == "2100-01-01T00:00:00Z");
}

TEST_CASE("Rotation report: what could not be read is left out and the state is shown") {
  Bench bench;
  bench.key = {.metadata = std::nullopt, .problem = "openbao_sealed: OpenBao is sealed: unseal it"};
  CHECK(bench.Error() == bench.key.problem);
  const Report report = bench.Make().report;
  CHECK_FALSE(report.contains("latestTransitVersion"));
  CHECK(report.at("activeTransitVersion") == 2);
  CHECK(report.at("rotationState") == "active");
}

TEST_CASE("Rotation report: metadata that serve would refuse are a problem of their reason") {
  Bench bench;
  bench.key.metadata->deletion_allowed = true;
  CHECK(bench.Error() ==
        "profile_invalid: deletion_allowed: set deletion_allowed=false on the key");
  bench.key.metadata = FitMetadata(2);
  bench.key.metadata->versions.pop_back();
  CHECK(bench.Error().starts_with("profile_invalid: creation_time_missing: "));
  bench.key.metadata = FitMetadata(1);
  CHECK(bench.Error().starts_with("version_rollback: "));
  bench.key.metadata = FitMetadata(2);
  ++bench.key.metadata->versions[0].created_at;
  CHECK(bench.Error().starts_with("metadata_unverified: "));
  bench.key.metadata = FitMetadata(3);
  bench.key.metadata->min_encryption_version = 3;
  CHECK(bench.Error().starts_with("encryption_blocked: "));
  bench.key = {.metadata = FitMetadata(2), .problem = "upsert_allowed: set disable_upsert"};
  CHECK(bench.Error() == bench.key.problem);
  CHECK(bench.Make().report.at("latestTransitVersion") == 2);
}

TEST_CASE("Rotation report: retired versions that no longer decrypt are named after all else") {
  Bench bench;
  bench.files = Bench::Holding(
      RegistryOf({Snapshot(3, kActive), Snapshot(2, kRetired), Snapshot(1, kRetired)}));
  bench.key.metadata = FitMetadata(4);
  CHECK_FALSE(bench.Make().report.contains("degraded"));
  CHECK_FALSE(bench.Make().report.contains("undecryptableVersions"));

  bench.key.metadata->min_decryption_version = 3;
  for (auto* reporter : {ReportRotation, ReportVerification}) {
    const RotationReport made = bench.Make(reporter);
    CHECK(made.problem.empty());
    CHECK(made.report.at("transitMetadataStatus") == "pass");
    CHECK(made.report.at("degraded")
              .get<std::string>()
              .starts_with("retired_version_undecryptable: "));
    CHECK(made.report.at("undecryptableVersions") == Report{1, 2});
    CHECK(RenderFields(made.report)
              .ends_with("undecryptableVersions: 1\nundecryptableVersions: 2\n"));
  }

  bench.key.metadata->min_decryption_version = 4;
  CHECK(bench.Error().starts_with("metadata_unverified: "));
  CHECK_FALSE(bench.Make().report.contains("degraded"));
}

TEST_CASE("Rotation report: without a state bootstrap is judged as serve would") {
  Bench bench;
  bench.files = {};
  bench.key.metadata = FitMetadata(1);
  RotationReport made = bench.Make();
  CHECK(made.problem.empty());
  CHECK(made.report.at("stateLoaded") == false);
  CHECK(made.report.at("stateCheckpointStatus") == "absent");
  CHECK(made.report.at("stateBootstrapEligible") == true);
  CHECK(made.report.at("rotationState") == "unknown");
  CHECK_FALSE(made.report.contains("activeKeyIdHash"));

  bench.key.metadata = FitMetadata(2);
  made = bench.Make();
  CHECK(made.report.at("transitMetadataStatus") == "pass");
  CHECK(made.problem.starts_with("latest_version=2: "));
  CHECK(made.problem.find("a backup of any node") != std::string::npos);
  CHECK(made.report.at("stateBootstrapReason") == made.problem);
  CHECK_FALSE(made.report.contains("stateBootstrapEligible"));

  bench.key.metadata = FitMetadata(1);
  bench.key.metadata->exportable = true;
  made = bench.Make();
  CHECK(made.report.at("transitMetadataStatus") == "fail");
  CHECK(made.report.at("stateBootstrapReason").get<std::string>().starts_with("exportable: "));

  bench.key = {.metadata = std::nullopt, .problem = "timeout"};
  made = bench.Make();
  CHECK(made.problem == "timeout");
  CHECK(made.report.at("stateBootstrapReason").get<std::string>().starts_with("unknown: "));
}

TEST_CASE("Rotation report: a missing and a checkpoint that is behind are told as they are") {
  Bench bench;
  bench.files.checkpoint.reset();
  bench.files.recovered.checkpoint = CheckpointStatus::kMissing;
  Report report = bench.Make().report;
  CHECK(report.at("stateCheckpointLoaded") == false);
  CHECK(report.at("stateCheckpointStatus") == "missing");
  CHECK_FALSE(report.contains("stateCheckpointGeneration"));
  CHECK_FALSE(report.contains("stateCheckpointHash"));
  bench.files.checkpoint = {.schema_version = "s", .generation = 1, .current_hash = "krs1.x"};
  bench.files.recovered.checkpoint = CheckpointStatus::kBehind;
  report = bench.Make().report;
  CHECK(report.at("stateCheckpointStatus") == "behind");
  CHECK(report.at("stateCheckpointGeneration") == 1);
  CHECK(report.at("stateCheckpointHash") == "krs1.x");
}

TEST_CASE("Rotation report: verification is the same and ends with what it cannot know") {
  const Bench bench;
  Report verified = bench.Make(ReportVerification).report;
  CHECK(verified.at("confidence") == "limited");
  CHECK(verified.at("limitations").size() == 5);
  verified.erase("confidence");
  verified.erase("limitations");
  CHECK(verified == bench.Make().report);
}

}  // namespace baokms::app
