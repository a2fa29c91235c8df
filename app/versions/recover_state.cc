#include "app/versions/recover_state.h"

#include <chrono>
#include <cstdio>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/configuration/flag_file.h"
#include "app/openbao/live_key.h"
#include "app/openbao/one_shot.h"
#include "app/state/configured_state.h"
#include "app/versions/evidence.h"
#include "app/versions/recovery_evidence.h"
#include "app/versions/recovery_report.h"
#include "core/registry/rebuild.h"
#include "core/registry/registry_opening.h"
#include "core/registry/registry_recovery.h"
#include "core/registry/registry_save.h"

namespace baokms::app {
namespace {

constexpr std::string_view kRecover = "recover-state";

constexpr std::string_view kMoveAside =
    "; recover-state only makes a state where there is none: if this file cannot be restored, move "
    "it aside, keep it, and plan again";

// The checkpoint that is left beside no state; an error when there is a state, or what cannot be
// read.
std::expected<std::optional<core::CheckpointDocument>, std::string> FindLoss(
    ConfiguredState& state) {
  auto files = state.store.Load();
  if (!files) {
    return std::unexpected(core::Explain(files.error()) +
                           (files.error().kind == ports::StateProblemKind::kMalformed
                                ? std::string(kMoveAside)
                                : std::string()));
  }
  if (!files->state) return std::move(files->checkpoint);
  const auto there = core::RecoverRegistry(files->state, files->checkpoint, state.identity);
  if (there) {
    return std::unexpected(
        "state.path: there is a valid state, so nothing is lost: start the provider, and run "
        "doctor if it does not get ready");
  }
  using Kind = core::RegistryProblemKind;
  const Kind kind = there.error().kind;
  const bool damaged =
      kind == Kind::kBadHash || kind == Kind::kInvalid || kind == Kind::kWrongSchema;
  return std::unexpected(core::Explain(there.error()) +
                         (damaged ? std::string(kMoveAside) : std::string()));
}

// The content of both files; each empty when its flag was not given.
struct EvidenceFiles {
  core::Secret peer_state;
  core::Secret census;
};

std::expected<EvidenceFiles, ConfigProblems> ReadFiles(const ports::FileReader& files,
                                                       const RecoverRequest& recover) {
  auto peer = ReadFlagFile(files, "--peer-state", recover.peer_state_file, kEvidenceFile);
  if (!peer) return std::unexpected(peer.error());
  auto census = ReadFlagFile(files, "--evidence", recover.census_file, kEvidenceFile);
  if (!census) return std::unexpected(census.error());
  return EvidenceFiles{*std::move(peer), *std::move(census)};
}

using Reasons = std::vector<std::string>;

struct Judged {
  core::RebuildEvidence proof;
  std::optional<core::UnixSeconds> census_taken_at;
};

std::expected<Judged, Reasons> Judge(const EvidenceFiles& files, const RecoverRequest& recover,
                                     const OneShot& one_shot,
                                     const core::Registry::Identity& identity) {
  Judged evidence;
  Reasons reasons;
  if (!recover.peer_state_file.empty()) {
    if (auto peer = ReadPeerState(files.peer_state.ExposeSecret(), identity)) {
      evidence.proof.peer = *std::move(peer);
    } else {
      reasons.push_back(peer.error());
    }
  }
  if (!recover.census_file.empty()) {
    const core::EvidenceTerms terms =
        TermsOf(one_shot.configuration, recover.bounds, one_shot.clock.Now().wall);
    if (auto census = ReadCensus(files.census.ExposeSecret(), terms)) {
      evidence.proof.census = std::move(census->evidence);
      evidence.census_taken_at = census->taken_at;
    } else {
      reasons.insert(reasons.end(), census.error().begin(), census.error().end());
    }
  }
  if (!reasons.empty()) return std::unexpected(std::move(reasons));
  return evidence;
}

core::RebuildRequest RequestOf(const OneShot& one_shot, const RecoverRequest& recover,
                               std::optional<core::CheckpointDocument> checkpoint) {
  using core::RebuildPurpose;
  return {.purpose = recover.adopt ? RebuildPurpose::kAdopt : RebuildPurpose::kRecover,
          .checkpoint = std::move(checkpoint),
          .wall = one_shot.clock.Now().wall,
          // One probe of a peer may have been under way already.
          .least_age = std::chrono::ceil<std::chrono::seconds>(
              2 * one_shot.configuration.status.probe_interval)};
}

ExitCode RefuseAll(const Reasons& reasons) {
  for (const std::string& reason : reasons) FailCheck(kRecover, reason);
  return ExitCode::kCheckFailed;
}

ExitCode RefuseAll(const std::vector<core::RebuildRefusal>& refusals) {
  for (const core::RebuildRefusal& refusal : refusals) FailCheck(kRecover, refusal.text);
  return ExitCode::kCheckFailed;
}

ExitCode Recover(const OneShot& one_shot, const RecoverRequest& recover) {
  const ChangeRequest& change = recover.change;
  const auto files = ReadFiles(one_shot.files, recover);
  if (!files) return RefuseConfiguration(files.error());
  ConfiguredState state(one_shot.configuration);
  if (change.apply) {
    if (auto locked = state.store.Lock(); !locked) {
      return FailCheck(kRecover, core::Explain(locked.error()));
    }
  }
  const auto left = FindLoss(state);
  if (!left) return FailCheck(kRecover, left.error());
  const auto evidence = Judge(*files, recover, one_shot, state.identity);
  if (!evidence) return RefuseAll(evidence.error());
  const LiveKey key = ReadLiveKey(one_shot);
  if (!key.problem.empty()) return FailCheck(kRecover, key.problem);
  const auto rebuilt = core::RebuildState(state.identity, *key.metadata,
                                          RequestOf(one_shot, recover, *left), evidence->proof);
  if (!rebuilt) return RefuseAll(rebuilt.error());

  const std::string& expected = change.expected_state_hash;
  if (!expected.empty() && expected != rebuilt->registry.current_hash()) {
    return FailCheck(kRecover,
                     "this plan has another stateHash than --expected-state-hash: print the plan "
                     "again, read it and apply it");
  }
  if (change.apply) {
    if (auto saved = core::SaveRebuilt(state.store, *left, rebuilt->registry); !saved) {
      return FailCheck(kRecover, saved.error());
    }
  }
  const Report report =
      ReportRecovery({.state = *rebuilt,
                      .adopt = recover.adopt,
                      .applied = change.apply,
                      .peer_given = evidence->proof.peer.has_value(),
                      .census_taken_at = evidence->census_taken_at,
                      .malformed = evidence->proof.census ? evidence->proof.census->malformed : 0});
  std::fputs(RenderRecovery(report, change.format).c_str(), stdout);
  return ExitCode::kOk;
}

}  // namespace

ExitCode RecoverState(const ConfigurationRequest& request, const RecoverRequest& recover) {
  return RunOneShot(request, [&](const auto& one_shot) { return Recover(one_shot, recover); });
}

}  // namespace baokms::app
