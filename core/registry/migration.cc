#include "core/registry/migration.h"

#include "core/registry/registry_recovery.h"

namespace baokms::core {

std::expected<Registry, RegistryProblem> MigrateRegistry(
    const RegistryDocument& state, const std::optional<CheckpointDocument>& checkpoint,
    const Registry::Identity& identity) {
  auto next = Registry::Migrate(state, identity);
  if (!next) return next;
  const auto status = JudgeCheckpoint(state, checkpoint);
  if (!status) return std::unexpected(status.error());
  return next;
}

}  // namespace baokms::core
