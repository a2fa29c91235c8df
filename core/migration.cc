#include "core/migration.h"

#include "core/registry_json.h"

namespace baokms::core {

std::expected<Migration, RegistryProblem> MigrateRegistry(
    const RegistryDocument& state, const std::optional<CheckpointDocument>& checkpoint,
    const Registry::Identity& identity) {
  auto next = Registry::Migrate(state, identity);
  if (!next) return std::unexpected(next.error());
  const auto status = JudgeCheckpoint(state, checkpoint);
  if (!status) return std::unexpected(status.error());
  return Migration{.older = {.schema_version = std::string(kCheckpointSchema),
                             .generation = state.generation,
                             .current_hash = state.current_hash},
                   .checkpoint = *status,
                   .next = *std::move(next)};
}

}  // namespace baokms::core
