#include "app/state/registry_opening.h"

#include "core/registry/registry_json.h"

namespace baokms::app {
namespace {

constexpr std::string_view kField = "state.path: ";

}  // namespace

std::string Explain(const ports::StateProblem& problem) {
  std::string text = std::string(kField).append(problem.text);
  if (problem.holder_pid != 0) text += " (process " + std::to_string(problem.holder_pid) + ")";
  return text;
}

std::expected<RegistryFiles, std::string> ReadRegistry(ports::StateStore& store,
                                                       const core::Registry::Identity& identity) {
  auto files = store.Load();
  if (!files) return std::unexpected(Explain(files.error()));
  auto recovered = core::RecoverRegistry(files->state, files->checkpoint, identity);
  if (!recovered) return std::unexpected(std::string(kField).append(recovered.error().text));
  return RegistryFiles{*std::move(recovered), std::move(files->checkpoint)};
}

std::expected<std::optional<core::Registry>, std::string> OpenRegistry(
    ports::StateStore& store, const core::Registry::Identity& identity) {
  if (auto locked = store.Lock(); !locked) return std::unexpected(Explain(locked.error()));
  auto files = ReadRegistry(store, identity);
  if (!files) return std::unexpected(files.error());
  const core::RecoveredRegistry& recovered = files->recovered;
  const bool write_checkpoint = recovered.checkpoint == core::CheckpointStatus::kMissing ||
                                recovered.checkpoint == core::CheckpointStatus::kBehind;
  if (write_checkpoint) {
    auto saved = store.SaveCheckpoint(core::CheckpointBytes(recovered.registry->ToCheckpoint()));
    if (!saved) return std::unexpected(Explain(saved.error()));
  }
  return std::move(files->recovered.registry);
}

}  // namespace baokms::app
