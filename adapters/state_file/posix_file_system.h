// FileSystem over the system calls themselves; EINTR is retried here where that is safe.
#pragma once

#include <string>

#include "adapters/state_file/file_system.h"

namespace baokms::adapters::state_file {

class PosixFileSystem : public FileSystem {
 public:
  SystemResult<int> OpenDirectory(const std::string& path) override;
  SystemResult<int> OpenAt(int directory, const std::string& name, int flags, mode_t mode) override;
  SystemResult<struct stat> Inspect(int descriptor) override;
  SystemResult<struct stat> InspectAt(int directory, const std::string& name) override;
  SystemResult<std::size_t> Read(int descriptor, std::span<char> room) override;
  SystemResult<std::size_t> Write(int descriptor, std::string_view bytes) override;
  SystemResult<void> SetMode(int descriptor, mode_t mode) override;
  SystemResult<void> Sync(int descriptor) override;
  SystemResult<void> Close(int descriptor) override;
  SystemResult<void> RenameAt(int directory, const std::string& from,
                              const std::string& to) override;
  SystemResult<void> UnlinkAt(int directory, const std::string& name) override;
  SystemResult<void> LockExclusive(int descriptor) override;
  uid_t EffectiveUser() override;
  std::string KernelLocks() override;
};

}  // namespace baokms::adapters::state_file
