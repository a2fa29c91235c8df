#include "adapters/state_file/posix_file_system.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "adapters/posix/descriptor.h"

namespace baokms::adapters::state_file {
namespace {

template <typename Call>
auto RetryInterrupted(Call call) {
  decltype(call()) result{};
  do {
    result = call();
  } while (result < 0 && errno == EINTR);
  return result;
}

SystemResult<void> Done(int result) {
  if (result != 0) return std::unexpected(errno);
  return {};
}

}  // namespace

SystemResult<int> PosixFileSystem::OpenDirectory(const std::string& path) {
  const int descriptor = RetryInterrupted(
      [&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC); });
  if (descriptor < 0) return std::unexpected(errno);
  return descriptor;
}

SystemResult<int> PosixFileSystem::OpenAt(int directory, const std::string& name, int flags,
                                          mode_t mode) {
  const int descriptor = RetryInterrupted([&] {
    return ::openat(directory, name.c_str(), flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
                    mode);
  });
  if (descriptor < 0) return std::unexpected(errno);
  return descriptor;
}

SystemResult<struct stat> PosixFileSystem::Inspect(int descriptor) {
  struct stat status{};
  if (::fstat(descriptor, &status) != 0) return std::unexpected(errno);
  return status;
}

SystemResult<struct stat> PosixFileSystem::InspectAt(int directory, const std::string& name) {
  struct stat status{};
  if (::fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0) {
    return std::unexpected(errno);
  }
  return status;
}

SystemResult<std::size_t> PosixFileSystem::Read(int descriptor, std::span<char> room) {
  const ssize_t got =
      RetryInterrupted([&] { return ::read(descriptor, room.data(), room.size()); });
  if (got < 0) return std::unexpected(errno);
  return static_cast<std::size_t>(got);
}

SystemResult<std::size_t> PosixFileSystem::Write(int descriptor, std::string_view bytes) {
  const ssize_t put =
      RetryInterrupted([&] { return ::write(descriptor, bytes.data(), bytes.size()); });
  if (put < 0) return std::unexpected(errno);
  return static_cast<std::size_t>(put);
}

SystemResult<void> PosixFileSystem::SetMode(int descriptor, mode_t mode) {
  return Done(::fchmod(descriptor, mode));
}

// Not retried: after a failed fsync the kernel may have dropped the pages, and a second one would
// succeed without them.
SystemResult<void> PosixFileSystem::Sync(int descriptor) { return Done(::fsync(descriptor)); }

SystemResult<void> PosixFileSystem::Close(int descriptor) { return Done(::close(descriptor)); }

SystemResult<void> PosixFileSystem::RenameAt(int directory, const std::string& from,
                                             const std::string& to) {
  return Done(::renameat(directory, from.c_str(), directory, to.c_str()));
}

SystemResult<void> PosixFileSystem::UnlinkAt(int directory, const std::string& name) {
  return Done(::unlinkat(directory, name.c_str(), 0));
}

SystemResult<void> PosixFileSystem::LockExclusive(int descriptor) {
  return Done(RetryInterrupted([&] { return ::flock(descriptor, LOCK_EX | LOCK_NB); }));
}

uid_t PosixFileSystem::EffectiveUser() { return ::geteuid(); }

std::string PosixFileSystem::KernelLocks() {
  std::string text;
  const posix::Descriptor locks(::open("/proc/locks", O_RDONLY | O_CLOEXEC));
  if (!locks.valid()) return text;
  constexpr std::size_t kMostBytes = 1024 * 1024;
  std::array<char, 4096> chunk{};
  while (text.size() < kMostBytes) {
    const auto got = Read(locks.get(), chunk);
    if (!got || *got == 0) break;
    text.append(chunk.data(), *got);
  }
  return text;
}

}  // namespace baokms::adapters::state_file
