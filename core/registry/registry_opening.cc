#include "core/registry/registry_opening.h"

#include <utility>

#include "core/registry/registry_json.h"

namespace baokms::core {
namespace {

constexpr std::string_view kField = "state.path: ";
constexpr std::string_view kServedAlready =
    "another provider serves with this state, or a command changes it; one provider serves a node: "
    "stop the other one, or give each a state.path and a server.socketPath of its own";

}  // namespace

std::string Explain(const ports::StateProblem& problem) {
  std::string text = std::string(kField).append(problem.text);
  if (problem.holder_pid != 0) text += " (process " + std::to_string(problem.holder_pid) + ")";
  return text;
}

std::string Explain(const RegistryProblem& problem) {
  return std::string(kField).append(problem.text);
}

std::expected<RegistryFiles, std::string> ReadRegistry(ports::StateStore& store,
                                                       const Registry::Identity& identity) {
  auto files = store.Load();
  if (!files) return std::unexpected(Explain(files.error()));
  auto recovered = RecoverRegistry(files->state, files->checkpoint, identity);
  if (!recovered) return std::unexpected(Explain(recovered.error()));
  return RegistryFiles{*std::move(recovered), std::move(files->checkpoint)};
}

std::expected<std::optional<Registry>, std::string> OpenRegistry(
    ports::StateStore& store, const Registry::Identity& identity) {
  if (auto locked = store.Lock(); !locked) {
    ports::StateProblem problem = locked.error();
    if (problem.kind == ports::StateProblemKind::kLocked) problem.text = kServedAlready;
    return std::unexpected(Explain(problem));
  }
  auto files = ReadRegistry(store, identity);
  if (!files) return std::unexpected(files.error());
  const RecoveredRegistry& recovered = files->recovered;
  const bool write_checkpoint = recovered.checkpoint == CheckpointStatus::kMissing ||
                                recovered.checkpoint == CheckpointStatus::kBehind;
  if (write_checkpoint) {
    auto saved = store.SaveCheckpoint(CheckpointBytes(recovered.registry->ToCheckpoint()));
    if (!saved) return std::unexpected(Explain(saved.error()));
  }
  return std::move(files->recovered.registry);
}

}  // namespace baokms::core
