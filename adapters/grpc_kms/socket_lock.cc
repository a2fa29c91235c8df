#include "adapters/grpc_kms/socket_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>

namespace baokms::adapters::grpc_kms {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using Problem = ListenProblem;

constexpr milliseconds kLockWait{1000};
constexpr milliseconds kLockRetry{10};
constexpr mode_t kLockMode = 0600;
constexpr mode_t kLockForbiddenBits = 0077;

// Nobody else can open it, and with that not lock it either.
bool IsOurs(const struct stat& file) {
  return S_ISREG(file.st_mode) && file.st_uid == ::geteuid() &&
         (file.st_mode & kLockForbiddenBits) == 0 && file.st_nlink == 1;
}

std::expected<posix::Descriptor, Problem> OpenLock(int directory, const std::string& name) {
  struct stat seen{};
  if (::fstatat(directory, name.c_str(), &seen, AT_SYMLINK_NOFOLLOW) == 0) {
    // Before open: opening a device can have effects.
    if (!IsOurs(seen)) return std::unexpected(Problem::kLockUnusable);
  } else if (errno != ENOENT) {
    return std::unexpected(Problem::kSystem);
  }
  posix::Descriptor lock(::openat(directory, name.c_str(),
                                  O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
                                  kLockMode));
  if (lock.valid()) return lock;
  const bool another = errno == ELOOP || errno == EACCES || errno == EISDIR || errno == ENXIO;
  return std::unexpected(another ? Problem::kLockUnusable : Problem::kSystem);
}

}  // namespace

std::expected<posix::Descriptor, ListenProblem> TakeSocketLock(int directory,
                                                               const std::string& socket_name) {
  const std::string name = socket_name + ".lock";
  const auto deadline = steady_clock::now() + kLockWait;
  for (;; std::this_thread::sleep_for(kLockRetry)) {
    auto lock = OpenLock(directory, name);
    if (!lock) return lock;
    if (::flock(lock->get(), LOCK_EX | LOCK_NB) == 0) {
      // Judged under the lock: what is locked must be what the next process will open.
      struct stat held{};
      struct stat named{};
      if (::fstat(lock->get(), &held) != 0) return std::unexpected(Problem::kSystem);
      const bool there = ::fstatat(directory, name.c_str(), &named, AT_SYMLINK_NOFOLLOW) == 0;
      if (there && held.st_dev == named.st_dev && held.st_ino == named.st_ino) {
        if (!IsOurs(held)) return std::unexpected(Problem::kLockUnusable);
        return lock;
      }
    } else if (errno != EWOULDBLOCK && errno != EINTR) {
      return std::unexpected(Problem::kSystem);
    }
    if (steady_clock::now() >= deadline) return std::unexpected(Problem::kLocked);
  }
}

}  // namespace baokms::adapters::grpc_kms
