// What a state file and its checkpoint mean together (registry-and-rotation.md, "State against
// checkpoint").
#pragma once

#include <optional>

#include "core/registry/registry.h"

namespace baokms::core {

enum class CheckpointStatus : std::uint8_t { kAbsent, kMissing, kCurrent, kBehind };

struct RecoveredRegistry {
  // None: both files are absent, and bootstrap decides.
  std::optional<Registry> registry;
  // kMissing (generation 1) and kBehind: a writer writes the checkpoint first.
  CheckpointStatus checkpoint = CheckpointStatus::kAbsent;
};

std::expected<RecoveredRegistry, RegistryProblem> RecoverRegistry(
    const std::optional<RegistryDocument>& state,
    const std::optional<CheckpointDocument>& checkpoint, const Registry::Identity& identity);

// The checkpoint's verdict on a state document that verified by itself.
std::expected<CheckpointStatus, RegistryProblem> JudgeCheckpoint(
    const RegistryDocument& state, const std::optional<CheckpointDocument>& checkpoint);

// By itself: its schema and the shape of its fields.
bool IsValid(const CheckpointDocument& checkpoint);

// Whether the files hold exactly this registry, checkpoint included.
bool FilesHold(const std::optional<RegistryDocument>& state,
               const std::optional<CheckpointDocument>& checkpoint, const Registry& registry);

// Whether `attempted` may be written over what the files hold: the confirmed state, the attempted
// one, or no files at all when there is no confirmed state, beside a checkpoint that is theirs or
// gone (registry-and-rotation.md, "Save").
bool MayOverwrite(const std::optional<RegistryDocument>& state,
                  const std::optional<CheckpointDocument>& checkpoint, const Registry* confirmed,
                  const Registry& attempted);

}  // namespace baokms::core
