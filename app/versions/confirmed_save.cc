#include "app/versions/confirmed_save.h"

#include "app/state/registry_opening.h"
#include "core/registry/registry_json.h"
#include "core/registry/registry_recovery.h"

namespace baokms::app {
namespace {

std::unexpected<std::string> Failed(const std::string& why) {
  return std::unexpected(why + "; see what the files hold with a plan before you try again");
}

}  // namespace

std::expected<void, std::string> SaveConfirmed(ports::StateStore& store,
                                               const core::RegistryDocument& before,
                                               const core::Registry& next) {
  const auto now = store.Load();
  if (!now) return Failed(Explain(now.error()));
  if (now->state != before) {
    return Failed("state.path: the state was changed by another hand meanwhile, nothing was saved");
  }
  if (const auto checkpoint = core::CheckpointOf(before); now->checkpoint != checkpoint) {
    if (auto saved = store.SaveCheckpoint(core::CheckpointBytes(checkpoint)); !saved) {
      return Failed(Explain(saved.error()));
    }
  }
  if (auto saved = store.SaveState(core::RegistryBytes(next.ToDocument())); !saved) {
    return Failed(Explain(saved.error()));
  }
  if (auto saved = store.SaveCheckpoint(core::CheckpointBytes(next.ToCheckpoint())); !saved) {
    return Failed(Explain(saved.error()));
  }
  const auto after = store.Load();
  if (!after) return Failed(Explain(after.error()));
  if (!core::FilesHold(after->state, after->checkpoint, next)) {
    return Failed("state.path: the files do not hold what was saved");
  }
  return {};
}

}  // namespace baokms::app
