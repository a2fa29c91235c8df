#include "adapters/state_file/file_state_store.h"

#include <filesystem>
#include <utility>

#include "adapters/state_file/atomic_save.h"
#include "adapters/state_file/checked_read.h"
#include "adapters/state_file/refuse.h"
#include "adapters/state_file/registry_parser.h"
#include "adapters/state_file/writer_lock.h"

namespace baokms::adapters::state_file {

using ports::StateFiles;
using ports::StateProblem;
using ports::StateProblemKind;

namespace {

std::unexpected<StateProblem> NoDirectory() {
  return Refuse(StateProblemKind::kUnsafeDirectory,
                "the state directory does not exist; create it for the provider's user with mode "
                "0750");
}

}  // namespace

FileStateStore::FileStateStore(FileSystem& files, const std::string& path) : files_(files) {
  const std::filesystem::path state(path);
  directory_path_ = state.parent_path().string();
  state_name_ = state.filename().string();
  checkpoint_name_ = state_name_ + ".checkpoint";
  lock_name_ = state_name_ + ".lock";
}

std::expected<void, StateProblem> FileStateStore::Lock() {
  if (lock_ && HoldsNamedLock()) return {};
  const auto directory =
      OpenStateDirectory(files_, directory_path_, DirectoryOwner::kEffectiveUser);
  if (!directory) return std::unexpected(directory.error());
  if (!*directory) return NoDirectory();
  auto lock = TakeWriterLock(files_, (*directory)->number(), lock_name_);
  if (!lock) return std::unexpected(lock.error());
  // What a killed process left behind may not be safe from a power loss yet. Building on it would
  // leave a checkpoint without its state, or a state two generations ahead, once it is lost.
  if (!files_.Sync((*directory)->number())) {
    return std::unexpected(StateProblem{
        .kind = StateProblemKind::kNotSaved,
        .text = "the state directory could not be synced; check the disk and the kernel log"});
  }
  lock_.reset();
  lock_.emplace(std::move(*lock));
  return {};
}

// The lock is worth nothing once its name leads to another file, or to none.
bool FileStateStore::HoldsNamedLock() {
  const auto directory = OpenStateDirectory(files_, directory_path_, DirectoryOwner::kAnybody);
  if (!directory || !*directory) return false;
  const auto held = files_.Inspect(lock_->number());
  const auto named = files_.InspectAt((*directory)->number(), lock_name_);
  return held && named && held->st_dev == named->st_dev && held->st_ino == named->st_ino;
}

std::expected<StateFiles, StateProblem> FileStateStore::Load() {
  const auto directory = OpenStateDirectory(files_, directory_path_, DirectoryOwner::kAnybody);
  if (!directory) return std::unexpected(directory.error());
  StateFiles found;
  if (!*directory) return found;

  // The checkpoint is read first because it is written last: a save between the two reads looks
  // like a checkpoint that is behind, not like a rollback.
  const auto checkpoint = ReadChecked(files_, (*directory)->number(), checkpoint_name_);
  const auto state = ReadChecked(files_, (*directory)->number(), state_name_);
  if (!state) return std::unexpected(state.error());
  if (!checkpoint) return std::unexpected(checkpoint.error());
  if (*state) {
    auto document = ParseRegistry(**state);
    if (!document) return std::unexpected(document.error());
    found.state = std::move(*document);
  }
  if (*checkpoint) {
    auto document = ParseCheckpoint(**checkpoint);
    if (!document) return std::unexpected(document.error());
    found.checkpoint = std::move(*document);
  }
  return found;
}

std::expected<void, StateProblem> FileStateStore::SaveState(std::string_view bytes) {
  return Save(state_name_, bytes);
}

std::expected<void, StateProblem> FileStateStore::SaveCheckpoint(std::string_view bytes) {
  return Save(checkpoint_name_, bytes);
}

std::expected<void, StateProblem> FileStateStore::TrySaving(std::size_t bytes) {
  const auto directory =
      OpenStateDirectory(files_, directory_path_, DirectoryOwner::kEffectiveUser);
  if (!directory) return std::unexpected(directory.error());
  if (!*directory) return NoDirectory();
  return TrySavingIn(files_, (*directory)->number(), state_name_, bytes);
}

std::int64_t FileStateStore::FindWriter() {
  const auto directory = OpenStateDirectory(files_, directory_path_, DirectoryOwner::kAnybody);
  if (!directory || !*directory) return 0;
  const auto lock = files_.InspectAt((*directory)->number(), lock_name_);
  return lock ? FindLockHolder(files_.KernelLocks(), *lock) : 0;
}

std::expected<void, StateProblem> FileStateStore::Save(const std::string& name,
                                                       std::string_view bytes) {
  if (!lock_) {
    return std::unexpected(
        StateProblem{.kind = StateProblemKind::kNotSaved,
                     .text = "the state was not saved: the writer lock is not held"});
  }
  const auto directory =
      OpenStateDirectory(files_, directory_path_, DirectoryOwner::kEffectiveUser);
  if (!directory) return std::unexpected(directory.error());
  if (!*directory) {
    return std::unexpected(StateProblem{.kind = StateProblemKind::kNotSaved,
                                        .text = "the state was not saved: the state directory no "
                                                "longer exists; restore it with its files"});
  }
  return SaveAtomically(files_, (*directory)->number(), name, bytes);
}

}  // namespace baokms::adapters::state_file
