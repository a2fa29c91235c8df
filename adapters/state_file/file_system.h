// Every system call this adapter makes, so that tests can make each of them fail
// (registry-and-rotation.md, "Save": a crash between any two steps must recover).
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <cstddef>
#include <expected>
#include <span>
#include <string>
#include <string_view>

namespace baokms::adapters::state_file {

// A value, or the errno of the call.
template <typename T>
using SystemResult = std::expected<T, int>;

// Names are single components below an open directory. One thread at a time.
class FileSystem {
 public:
  virtual ~FileSystem() = default;

  // Refuses a symlink in the last component (ENOTDIR or ELOOP).
  virtual SystemResult<int> OpenDirectory(const std::string& path) = 0;
  // `flags` as for open(2); O_NOFOLLOW, O_CLOEXEC, O_NONBLOCK and O_NOCTTY are always added.
  virtual SystemResult<int> OpenAt(int directory, const std::string& name, int flags,
                                   mode_t mode) = 0;
  virtual SystemResult<struct stat> Inspect(int descriptor) = 0;
  // Of the name itself, never of what a symlink points to.
  virtual SystemResult<struct stat> InspectAt(int directory, const std::string& name) = 0;
  // 0 at the end of the file; may be short.
  virtual SystemResult<std::size_t> Read(int descriptor, std::span<char> room) = 0;
  // May be short.
  virtual SystemResult<std::size_t> Write(int descriptor, std::string_view bytes) = 0;
  virtual SystemResult<void> SetMode(int descriptor, mode_t mode) = 0;
  // Of a file or a directory.
  virtual SystemResult<void> Sync(int descriptor) = 0;
  // The descriptor is gone afterwards, whatever comes back.
  virtual SystemResult<void> Close(int descriptor) = 0;
  virtual SystemResult<void> RenameAt(int directory, const std::string& from,
                                      const std::string& to) = 0;
  virtual SystemResult<void> UnlinkAt(int directory, const std::string& name) = 0;
  // flock(LOCK_EX|LOCK_NB): EWOULDBLOCK when another open file holds it.
  virtual SystemResult<void> LockExclusive(int descriptor) = 0;
  virtual uid_t EffectiveUser() = 0;
  // The text of /proc/locks; empty when it cannot be read.
  virtual std::string KernelLocks() = 0;
};

// A descriptor that is closed through the file system it came from.
class Descriptor {
 public:
  Descriptor(FileSystem& files, int number) : files_(&files), number_(number) {}
  ~Descriptor() { static_cast<void>(Close()); }
  Descriptor(Descriptor&& other) noexcept : files_(other.files_), number_(other.number_) {
    other.number_ = -1;
  }
  Descriptor& operator=(Descriptor&&) = delete;

  int number() const { return number_; }
  // Once; for callers to whom the outcome matters.
  SystemResult<void> Close() {
    if (number_ < 0) return {};
    const int number = number_;
    number_ = -1;
    return files_->Close(number);
  }

 private:
  FileSystem* files_;
  int number_;
};

}  // namespace baokms::adapters::state_file
