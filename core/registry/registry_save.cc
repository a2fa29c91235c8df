#include "core/registry/registry_save.h"

#include "core/registry/registry_json.h"
#include "core/registry/registry_recovery.h"

namespace baokms::core {

SaveResult SaveRegistry(ports::StateStore& store, const Save& save) {
  const Registry* published = save.published ? &*save.published : nullptr;
  const auto before = store.Load();
  if (!before) return SaveResult::kFailed;
  if (!MayOverwrite(before->state, before->checkpoint, published, save.next)) {
    return SaveResult::kForked;
  }
  if (store.SaveState(RegistryBytes(save.next.ToDocument())) &&
      store.SaveCheckpoint(CheckpointBytes(save.next.ToCheckpoint()))) {
    return SaveResult::kSaved;
  }
  const auto after = store.Load();
  const bool unchanged =
      published != nullptr && after && FilesHold(after->state, after->checkpoint, *published);
  return unchanged ? SaveResult::kFailedFilesUnchanged : SaveResult::kFailed;
}

}  // namespace baokms::core
