// StateStore over files: <path>, <path>.checkpoint and <path>.lock in one directory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "adapters/state_file/file_system.h"
#include "ports/state_store.h"

namespace baokms::adapters::state_file {

class FileStateStore final : public ports::StateStore {
 public:
  // `path` is absolute (state.path); `files` outlives the store. Touches nothing yet.
  FileStateStore(FileSystem& files, const std::string& path);

  // Needs the directory to exist and to belong to the effective user, and syncs it. Again: nothing
  // happens while the lock's file has its name; else it is made and locked anew.
  std::expected<void, ports::StateProblem> Lock() override;
  // A missing directory holds no files. Takes no lock and writes nothing; beside a running provider
  // it may see a state newer than its checkpoint, never the reverse.
  std::expected<ports::StateFiles, ports::StateProblem> Load() override;
  // kNotSaved without the writer lock.
  std::expected<void, ports::StateProblem> SaveState(std::string_view bytes) override;
  std::expected<void, ports::StateProblem> SaveCheckpoint(std::string_view bytes) override;

  // For `doctor`: whether this user could save a state of this size now. Writes and syncs a file
  // that no name leads to where the file system has such files, and else one that it removes; needs
  // no lock and touches neither state nor checkpoint.
  std::expected<void, ports::StateProblem> TrySaving(std::size_t bytes);
  // The process that holds the writer lock; 0: none, or it cannot be known (FindLockHolder).
  std::int64_t FindWriter();

 private:
  bool HoldsNamedLock();
  std::expected<void, ports::StateProblem> Save(const std::string& name, std::string_view bytes);

  FileSystem& files_;
  std::string directory_path_;
  std::string state_name_;
  std::string checkpoint_name_;
  std::string lock_name_;
  std::optional<Descriptor> lock_;
};

}  // namespace baokms::adapters::state_file
