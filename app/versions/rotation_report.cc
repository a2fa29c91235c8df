#include "app/versions/rotation_report.h"

#include <string>
#include <utility>

#include "app/reports/failure_advice.h"
#include "core/rotation/bootstrap.h"
#include "core/text/rfc3339.h"
#include "core/transit/transit_profile.h"
#include "core/wire/sha256.h"

namespace baokms::app {
namespace {

std::string_view Word(core::CheckpointStatus status) {
  switch (status) {
    case core::CheckpointStatus::kAbsent:
      return "absent";
    case core::CheckpointStatus::kMissing:
      return "missing";
    case core::CheckpointStatus::kCurrent:
      return "current";
    case core::CheckpointStatus::kBehind:
      return "behind";
  }
  return "absent";
}

void AddText(Report& report, const char* name, const std::string& value) {
  if (!value.empty()) report[name] = value;
}

void AddNumber(Report& report, const char* name, std::int64_t value) {
  if (value != 0) report[name] = value;
}

// What makes these metadata unfit, with or without a state; empty: nothing.
std::string ProfileProblem(const core::TransitKeyMetadata& metadata) {
  const std::string name(core::Name(core::Reason::kProfileInvalid));
  if (const auto findings = core::TransitProfileFindings(metadata); !findings.empty()) {
    return name + ": " + std::string(findings.front().code) + ": " +
           std::string(findings.front().advice);
  }
  if (const auto times = core::ReliableCreationTimes(metadata); !times) {
    return name + ": " + std::string(times.error()) +
           ": Transit's information about the key is not reliable";
  }
  return {};
}

// What `serve` would make of these metadata at its next observation.
std::expected<core::Observation, core::Reason> NextObservation(const RotationFacts& facts,
                                                               const core::Registry& registry) {
  return core::Observe(registry, *facts.key.metadata, facts.policy,
                       core::ObservationKind::kDiscovery, /*may_promote=*/false, facts.wall);
}

// Empty: nothing wrong.
std::string ObservationProblem(const RotationFacts& facts, const core::Registry& registry) {
  const auto seen = NextObservation(facts, registry);
  if (!seen) return NameAndAdvice(seen.error());
  if (seen->encryption_blocked) return NameAndAdvice(core::Reason::kEncryptionBlocked);
  return {};
}

std::string MetadataProblem(const RotationFacts& facts) {
  if (!facts.key.problem.empty() || !facts.key.metadata) return facts.key.problem;
  if (std::string problem = ProfileProblem(*facts.key.metadata); !problem.empty()) return problem;
  const auto& registry = facts.files.recovered.registry;
  return registry ? ObservationProblem(facts, *registry) : std::string();
}

struct BootstrapVerdict {
  bool eligible = false;
  std::string reason;
};

BootstrapVerdict JudgeBootstrap(const RotationFacts& facts) {
  if (!facts.key.metadata) return {.reason = "unknown: the Transit key's metadata was not read"};
  const auto first = core::Bootstrap(facts.identity, *facts.key.metadata, facts.wall);
  if (first) {
    return {
        .eligible = true,
        .reason =
            "there is no state and the Transit key is unrotated: serve creates the first state"};
  }
  if (first.error().reason != core::Reason::kStateUnavailable) {
    return {.reason = first.error().why + ": the Transit key does not meet the required profile"};
  }
  return {.reason = first.error().why + ": the Transit key is rotated; " +
                    std::string(AdviceWithoutState())};
}

void AddState(Report& report, const core::RegistryFiles& files) {
  const auto& registry = files.recovered.registry;
  report["stateLoaded"] = registry.has_value();
  if (registry) {
    report["stateGeneration"] = registry->generation();
    report["stateHash"] = registry->current_hash();
  }
  report["stateCheckpointLoaded"] = files.checkpoint.has_value();
  report["stateCheckpointStatus"] = Word(files.recovered.checkpoint);
  if (files.checkpoint) {
    report["stateCheckpointGeneration"] = files.checkpoint->generation;
    report["stateCheckpointHash"] = files.checkpoint->current_hash;
  }
}

void AddPending(Report& report, const core::KeySnapshot& pending, core::Duration delay) {
  report["pendingKeyIdHash"] = core::PublicHash(pending.key_id.str());
  report["pendingTransitVersion"] = pending.version.number();
  AddNumber(report, "pendingStableObservationCount", pending.stable_observation_count);
  if (pending.stable_at == 0) return;
  const std::chrono::sys_seconds stable{std::chrono::seconds(pending.stable_at)};
  report["pendingPromotesAfter"] =
      core::Rfc3339(stable + std::chrono::ceil<std::chrono::seconds>(delay));
}

// Ours, after every other field: what is not as it should be while Status stays healthy.
void AddDegraded(Report& report, const RotationFacts& facts) {
  const auto& registry = facts.files.recovered.registry;
  if (!facts.key.metadata || !registry) return;
  const auto seen = NextObservation(facts, *registry);
  if (!seen || seen->undecryptable.empty()) return;
  report["degraded"] = NameAndAdvice(core::Reason::kRetiredVersionUndecryptable);
  Report& versions = report["undecryptableVersions"] = Report::array();
  for (const core::TransitKeyVersion version : seen->undecryptable) {
    versions.push_back(version.number());
  }
}

RotationReport ReportWithoutDegraded(const RotationFacts& facts) {
  const auto& registry = facts.files.recovered.registry;
  RotationReport result{.report = Report::object(), .problem = MetadataProblem(facts)};
  Report& report = result.report;
  report["name"] = facts.name;
  report["transitMetadataStatus"] = result.problem.empty() ? "pass" : "fail";
  AddText(report, "transitMetadataError", result.problem);
  AddState(report, facts.files);
  if (!registry) {
    const BootstrapVerdict verdict = JudgeBootstrap(facts);
    if (verdict.eligible) report["stateBootstrapEligible"] = true;
    AddText(report, "stateBootstrapReason", verdict.reason);
    if (!verdict.eligible && result.problem.empty()) result.problem = verdict.reason;
  } else {
    report["activeKeyIdHash"] = core::PublicHash(registry->active().key_id.str());
    report["activeTransitVersion"] = registry->active().version.number();
  }
  if (facts.key.metadata) {
    AddNumber(report, "latestTransitVersion", facts.key.metadata->latest_version);
  }
  const core::KeySnapshot* pending = registry ? registry->pending() : nullptr;
  report["rotationState"] = !registry ? "unknown" : pending != nullptr ? "pending" : "active";
  if (pending != nullptr) AddPending(report, *pending, facts.activation_delay);
  return result;
}

}  // namespace

RotationReport ReportRotation(const RotationFacts& facts) {
  RotationReport result = ReportWithoutDegraded(facts);
  AddDegraded(result.report, facts);
  return result;
}

RotationReport ReportVerification(const RotationFacts& facts) {
  RotationReport result = ReportWithoutDegraded(facts);
  result.report["confidence"] = "limited";
  result.report["limitations"] = {
      "It sees only this node's state and Transit: compare activeKeyIdHash on every control-plane "
      "node.",
      "It cannot see kube-apiserver: each one writes under the former key_id until it asks for "
      "Status again, which it does once a minute, so re-encrypt after that.",
      "It cannot see etcd: an object keeps the version it was written under until it is written "
      "again, so re-encrypt every object before you retire a version.",
      "It cannot see etcd snapshots and backups: restoring one needs every version that its "
      "objects "
      "were written under.",
      "It reads the state file, not a running provider: pendingPromotesAfter is the earliest time, "
      "and a provider that restarts begins the activation delay again."};
  AddDegraded(result.report, facts);
  return result;
}

}  // namespace baokms::app
