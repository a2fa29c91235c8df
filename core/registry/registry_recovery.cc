#include "core/registry/registry_recovery.h"

#include "core/registry/registry_json.h"

namespace baokms::core {
namespace {

std::unexpected<RegistryProblem> Rollback() {
  return RefuseRegistry(RegistryProblemKind::kRollback,
                        "ROLLBACK: the state and its checkpoint do not match; restore both files "
                        "from the same moment, or move the state file aside and make it anew with "
                        "recover-state");
}

}  // namespace

bool IsValid(const CheckpointDocument& checkpoint) {
  return checkpoint.schema_version == kCheckpointSchema && checkpoint.generation >= 1 &&
         IsRegistryHash(checkpoint.current_hash);
}

std::expected<CheckpointStatus, RegistryProblem> JudgeCheckpoint(
    const RegistryDocument& state, const std::optional<CheckpointDocument>& checkpoint) {
  if (!checkpoint) {
    if (state.generation == 1) return CheckpointStatus::kMissing;
    return RefuseRegistry(
        RegistryProblemKind::kCheckpointMissing,
        "the state file has no checkpoint, which would disable rollback "
        "protection; copy both files, or move the state file aside and make it anew with "
        "recover-state");
  }
  if (!IsValid(*checkpoint)) {
    return RefuseRegistry(
        RegistryProblemKind::kInvalid,
        "the checkpoint is not valid; restore the state file and its checkpoint together");
  }
  if (state.generation == checkpoint->generation &&
      state.current_hash == checkpoint->current_hash) {
    return CheckpointStatus::kCurrent;
  }
  if (state.generation - 1 == checkpoint->generation &&
      state.previous_hash == checkpoint->current_hash) {
    return CheckpointStatus::kBehind;
  }
  return Rollback();
}

std::expected<RecoveredRegistry, RegistryProblem> RecoverRegistry(
    const std::optional<RegistryDocument>& state,
    const std::optional<CheckpointDocument>& checkpoint, const Registry::Identity& identity) {
  if (!state) {
    if (!checkpoint) return RecoveredRegistry{};
    return RefuseRegistry(
        RegistryProblemKind::kStateMissing,
        "the checkpoint exists but the state file does not; restore the state file, or make it "
        "anew with recover-state");
  }
  auto registry = Registry::Verify(*state, identity);
  if (!registry) return std::unexpected(registry.error());
  const auto status = JudgeCheckpoint(*state, checkpoint);
  if (!status) return std::unexpected(status.error());
  return RecoveredRegistry{*std::move(registry), *status};
}

bool FilesHold(const std::optional<RegistryDocument>& state,
               const std::optional<CheckpointDocument>& checkpoint, const Registry& registry) {
  return state == registry.ToDocument() && checkpoint == registry.ToCheckpoint();
}

bool MayOverwrite(const std::optional<RegistryDocument>& state,
                  const std::optional<CheckpointDocument>& checkpoint, const Registry* confirmed,
                  const Registry& attempted) {
  if (!state) return confirmed == nullptr && !checkpoint;
  const bool ours = !checkpoint || checkpoint == attempted.ToCheckpoint() ||
                    (confirmed != nullptr && checkpoint == confirmed->ToCheckpoint());
  return ours && (state == attempted.ToDocument() ||
                  (confirmed != nullptr && state == confirmed->ToDocument()));
}

}  // namespace baokms::core
