#include "app/checks/recorded_versions.h"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/reports/failure_advice.h"

namespace baokms::app {
namespace {

using core::IdentityFault;
using Faults = std::vector<core::FaultyIdentity>;

Faults FaultsOf(const RecordedVersions& recorded) {
  return core::FaultsOfIdentities(recorded.registry, recorded.metadata, recorded.times);
}

// The versions that have one of these faults, each with its words.
std::string Described(const Faults& faults,
                      const std::map<IdentityFault, std::string_view>& words) {
  std::string text;
  for (const core::FaultyIdentity& faulty : faults) {
    const auto word = words.find(faulty.fault);
    if (word == words.end()) continue;
    if (!text.empty()) text += "; ";
    text.append("version ").append(faulty.recorded.version.ToString());
    text.append(" ").append(word->second);
  }
  return text;
}

CheckResult JudgeCheckpoint(const RecordedVersions& recorded) {
  const std::string seen = "generation " + std::to_string(recorded.registry.generation());
  switch (recorded.checkpoint) {
    case core::CheckpointStatus::kCurrent:
      return Pass(seen);
    case core::CheckpointStatus::kBehind:
      return Warn(
          seen + ", and the checkpoint is behind",
          "no action is needed: a save was interrupted, and the next start of serve repairs it");
    case core::CheckpointStatus::kMissing:
    case core::CheckpointStatus::kAbsent:
      return Warn(seen + ", and there is no checkpoint",
                  "no action is needed if this state was copied: the next start of serve writes "
                  "the checkpoint");
  }
  return Pass(seen);
}

}  // namespace

CheckResult JudgeState(const RecordedVersions& recorded) {
  if (core::FindVersionRollback(recorded.registry, recorded.metadata) ==
      core::VersionRollback::kBelowActive) {
    return Fail("OpenBao's latest version is older than this node's active version",
                std::string(AdviceFor(core::Reason::kVersionRollback)));
  }
  const Faults faults = FaultsOf(recorded);
  std::string gone = Described(faults, {{IdentityFault::kNotListed, "no longer exists in the key"},
                                        {IdentityFault::kRecreated, "was recreated"}});
  if (!gone.empty()) {
    return Fail(std::move(gone),
                "restore OpenBao's key from a backup that has these versions: data encrypted under "
                "them cannot be read without them");
  }
  const auto seen =
      core::Observe(recorded.registry, recorded.metadata, recorded.policy,
                    core::ObservationKind::kDiscovery, /*may_promote=*/false, recorded.wall);
  // What is left are faults that JudgeRestrictions names, or what no fault of a version explains.
  const bool explained = !std::ranges::all_of(faults, &core::FaultyIdentity::only_degrades);
  if (!seen && !explained) {
    return Fail("serve would refuse this state with this metadata: " +
                    std::string(core::Name(seen.error())),
                "compare the state and the key with rotation-plan");
  }
  return JudgeCheckpoint(recorded);
}

CheckResult JudgeRestrictions(const RecordedVersions& recorded) {
  const std::map<IdentityFault, std::string_view> words = {
      {IdentityFault::kTrimmed, "was trimmed"},
      {IdentityFault::kDisallowed, "is below min_decryption_version"}};
  Faults in_use;
  Faults degrading;
  for (const core::FaultyIdentity& faulty : FaultsOf(recorded)) {
    (faulty.only_degrades() ? degrading : in_use).push_back(faulty);
  }
  if (std::string forbidden = Described(in_use, words); !forbidden.empty()) {
    return Fail(std::move(forbidden),
                "lower min_decryption_version: this node encrypts under these versions, or is "
                "about to");
  }
  if (core::EncryptionBlocked(recorded.registry.active().version, recorded.metadata)) {
    return Fail("the active version is below min_encryption_version",
                std::string(AdviceFor(core::Reason::kEncryptionBlocked)));
  }
  if (std::string undecryptable = Described(degrading, words); !undecryptable.empty()) {
    return Warn("retired: " + undecryptable,
                std::string(AdviceFor(core::Reason::kRetiredVersionUndecryptable)));
  }
  return Pass();
}

}  // namespace baokms::app
