// The writer lock (registry-and-rotation.md, "Writer lock"): flock, because it must exclude the Go
// provider and be excluded by it. Nothing is ever written to the file, and it is never deleted.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "adapters/state_file/file_system.h"
#include "ports/state_store.h"

namespace baokms::adapters::state_file {

// The descriptor that holds the lock; closing it releases the lock. kUnsafeLock, kLocked,
// kUnreadable.
std::expected<Descriptor, ports::StateProblem> TakeWriterLock(FileSystem& files, int directory,
                                                              const std::string& name);

// Who holds a flock on the file, from the text of /proc/locks; 0 when it does not say (another pid
// namespace, or a file system whose device numbers differ there).
std::int64_t FindLockHolder(std::string_view kernel_locks, const struct stat& file);

}  // namespace baokms::adapters::state_file
