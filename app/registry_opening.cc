#include "app/registry_opening.h"

#include "core/registry_json.h"
#include "core/registry_recovery.h"

namespace baokms::app {
namespace {

std::unexpected<std::string> Refused(std::string_view text) {
  return std::unexpected("state.path: " + std::string(text));
}

std::unexpected<std::string> Refused(const ports::StateProblem& problem) {
  if (problem.holder_pid == 0) return Refused(problem.text);
  return Refused(std::string(problem.text) + " (process " + std::to_string(problem.holder_pid) +
                 ")");
}

}  // namespace

std::expected<std::optional<core::Registry>, std::string> OpenRegistry(
    ports::StateStore& store, const core::Registry::Identity& identity) {
  if (auto locked = store.Lock(); !locked) return Refused(locked.error());
  const auto files = store.Load();
  if (!files) return Refused(files.error());
  auto recovered = core::RecoverRegistry(files->state, files->checkpoint, identity);
  if (!recovered) return Refused(recovered.error().text);
  const bool write_checkpoint = recovered->checkpoint == core::CheckpointStatus::kMissing ||
                                recovered->checkpoint == core::CheckpointStatus::kBehind;
  if (write_checkpoint) {
    auto saved = store.SaveCheckpoint(core::CheckpointBytes(recovered->registry->ToCheckpoint()));
    if (!saved) return Refused(saved.error());
  }
  return std::move(recovered->registry);
}

}  // namespace baokms::app
