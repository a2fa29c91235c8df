#include "core/registry/registry_save.h"

#include <functional>

#include "core/registry/registry_json.h"
#include "core/registry/registry_opening.h"
#include "core/registry/registry_recovery.h"

namespace baokms::core {
namespace {

// What one saver makes sure of around the two writes that every save is.
struct Care {
  std::function<bool(const ports::StateFiles&)> may_overwrite;
  // Where the checkpoint must be before the state goes on; none: it is left where it is.
  std::optional<CheckpointDocument> checkpoint_first;
  bool read_back = false;  // the files must hold `next` afterwards
};

enum class Fault : std::uint8_t { kNotRead, kForked, kNotWritten, kNotHeld };

struct Failure {
  Fault fault;
  std::optional<ports::StateProblem> problem;  // of the store: kNotRead, kNotWritten
};

std::unexpected<Failure> Failed(Fault fault,
                                std::optional<ports::StateProblem> problem = std::nullopt) {
  return std::unexpected(Failure{fault, problem});
}

// Nothing is written unless the files were read and may be overwritten.
std::expected<void, Failure> SaveOver(ports::StateStore& store, const Registry& next,
                                      const Care& care) {
  const auto before = store.Load();
  if (!before) return Failed(Fault::kNotRead, before.error());
  if (!care.may_overwrite(*before)) return Failed(Fault::kForked);
  if (care.checkpoint_first && before->checkpoint != care.checkpoint_first) {
    if (auto saved = store.SaveCheckpoint(CheckpointBytes(*care.checkpoint_first)); !saved) {
      return Failed(Fault::kNotWritten, saved.error());
    }
  }
  // State before checkpoint: a start accepts a state that is one ahead of its checkpoint.
  if (auto saved = store.SaveState(RegistryBytes(next.ToDocument())); !saved) {
    return Failed(Fault::kNotWritten, saved.error());
  }
  if (auto saved = store.SaveCheckpoint(CheckpointBytes(next.ToCheckpoint())); !saved) {
    return Failed(Fault::kNotWritten, saved.error());
  }
  if (!care.read_back) return {};
  const auto after = store.Load();
  if (!after) return Failed(Fault::kNotRead, after.error());
  if (!FilesHold(after->state, after->checkpoint, next)) return Failed(Fault::kNotHeld);
  return {};
}

std::string Describe(const Failure& failure) {
  if (failure.problem) return Explain(*failure.problem);
  return failure.fault == Fault::kForked
             ? "state.path: another process changed the state in the meantime; nothing was saved"
             : "state.path: the files do not contain what was saved";
}

// What an operator is told.
std::expected<void, std::string> Confirm(const std::expected<void, Failure>& saved) {
  if (saved) return {};
  return std::unexpected(Describe(saved.error()) +
                         "; print the plan again to see the current state before you retry");
}

// `published`: null before the first state, of which files never count as unchanged.
bool StillHold(ports::StateStore& store, const Registry* published) {
  const auto files = store.Load();
  return published != nullptr && files && FilesHold(files->state, files->checkpoint, *published);
}

}  // namespace

SaveResult SaveRegistry(ports::StateStore& store, const Save& save) {
  const Registry* published = save.published ? &*save.published : nullptr;
  const auto may_overwrite = [&](const ports::StateFiles& files) {
    return MayOverwrite(files.state, files.checkpoint, published, save.next);
  };
  const auto saved = SaveOver(store, save.next,
                              {.may_overwrite = may_overwrite, .checkpoint_first = std::nullopt});
  if (saved) return SaveResult::kSaved;
  if (saved.error().fault == Fault::kForked) return SaveResult::kForked;
  const bool unchanged = saved.error().fault == Fault::kNotWritten && StillHold(store, published);
  return unchanged ? SaveResult::kFailedFilesUnchanged : SaveResult::kFailed;
}

std::expected<void, std::string> SaveConfirmed(ports::StateStore& store,
                                               const RegistryDocument& before,
                                               const Registry& next) {
  const auto may_overwrite = [&](const ports::StateFiles& files) { return files.state == before; };
  return Confirm(SaveOver(store, next,
                          {.may_overwrite = may_overwrite,
                           .checkpoint_first = CheckpointOf(before),
                           .read_back = true}));
}

std::expected<void, std::string> SaveRebuilt(ports::StateStore& store,
                                             const std::optional<CheckpointDocument>& left,
                                             const Registry& next) {
  const auto may_overwrite = [&](const ports::StateFiles& files) {
    return !files.state && files.checkpoint == left;
  };
  return Confirm(SaveOver(
      store, next,
      {.may_overwrite = may_overwrite, .checkpoint_first = std::nullopt, .read_back = true}));
}

}  // namespace baokms::core
