#include "core/registry/registry_files.h"

#include "core/registry/registry_json.h"
#include "core/registry/registry_recovery.h"

namespace baokms::core {

std::string_view Name(FilesFound found) {
  switch (found) {
    case FilesFound::kMissing:
      return "state_files_missing";
    case FilesFound::kReplaced:
      return "state_files_replaced";
    case FilesFound::kUnreadable:
      return "state_files_unreadable";
    case FilesFound::kIntact:
      break;
  }
  return "";
}

std::string_view AdviceFor(FilesFound found) {
  switch (found) {
    case FilesFound::kMissing:
      return "the files of state.path are gone and cannot be written back: give their directory "
             "free space and the provider's user, and the provider writes them at its next probe; "
             "if the directory itself was removed, make it again and put back both files of a "
             "backup or of another node. Do not restart the provider before";
    case FilesFound::kReplaced:
      return "the files of state.path are not those that this provider serves with, and it does "
             "not overwrite them: find out what replaced them and move them away; the provider "
             "writes its own back at its next probe. Do not restart it before";
    case FilesFound::kUnreadable:
      return "the files of state.path cannot be read, or have a kind or mode that a start refuses: "
             "give them back to the provider's user with mode 0640, or move them away; the "
             "provider writes its own back at its next probe. Do not restart it before";
    case FilesFound::kIntact:
      break;
  }
  return "";
}

FilesFound LookAtFiles(ports::StateStore& store, const Registry& published) {
  const auto files = store.Load();
  if (!files) {
    return files.error().kind == ports::StateProblemKind::kMalformed ? FilesFound::kReplaced
                                                                     : FilesFound::kUnreadable;
  }
  const bool state_ours = !files->state || files->state == published.ToDocument();
  const bool checkpoint_ours = !files->checkpoint || files->checkpoint == published.ToCheckpoint();
  if (!state_ours || !checkpoint_ours) return FilesFound::kReplaced;
  return files->state && files->checkpoint ? FilesFound::kIntact : FilesFound::kMissing;
}

bool GiveBackFiles(ports::StateStore& store, const Registry& published) {
  if (!store.Lock()) return false;
  // Another provider may have come while there was no lock.
  if (LookAtFiles(store, published) != FilesFound::kMissing) return false;
  return store.SaveState(RegistryBytes(published.ToDocument())) &&
         store.SaveCheckpoint(CheckpointBytes(published.ToCheckpoint()));
}

}  // namespace baokms::core
