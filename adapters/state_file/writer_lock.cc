#include "adapters/state_file/writer_lock.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <cerrno>
#include <charconv>
#include <optional>
#include <system_error>
#include <utility>

#include "adapters/state_file/refuse.h"

namespace baokms::adapters::state_file {
namespace {

using ports::StateProblem;
using ports::StateProblemKind;

constexpr mode_t kLockMode = 0600;
constexpr mode_t kForbiddenBits = 0077;

std::unexpected<StateProblem> Unusable() {
  return Refuse(StateProblemKind::kUnreadable,
                "the writer lock cannot be opened; run as the provider's user and check the state "
                "directory's mode");
}

// Empty: the file may serve as the lock.
std::string_view FindFault(const struct stat& status, uid_t user) {
  if (S_ISLNK(status.st_mode)) return "the writer lock is a symbolic link; remove the link";
  if (!S_ISREG(status.st_mode)) return "the writer lock is not a regular file; remove it";
  if (status.st_uid != user) {
    return "the writer lock is owned by another user; run as the provider's user";
  }
  if ((status.st_mode & kForbiddenBits) != 0) {
    return "the writer lock is accessible to group or others; chmod it to 0600";
  }
  if (status.st_nlink != 1)
    return "the writer lock has more than one name; remove the other hard links";
  return {};
}

template <typename Number>
std::optional<Number> ParseNumber(std::string_view text, int base) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string_view TakeWord(std::string_view& line, char separator = ' ') {
  while (line.starts_with(' ')) line.remove_prefix(1);
  const std::size_t end = line.find(separator);
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(end == std::string_view::npos ? line.size() : end + 1);
  return word;
}

}  // namespace

// One line: "3: FLOCK  ADVISORY  WRITE 4711 08:01:1234 0 EOF", the device in hexadecimal. Waiters
// have "->" in the place of the kind.
std::int64_t FindLockHolder(std::string_view kernel_locks, const struct stat& file) {
  while (!kernel_locks.empty()) {
    std::string_view line = TakeWord(kernel_locks, '\n');
    TakeWord(line);
    if (TakeWord(line) != "FLOCK") continue;
    TakeWord(line);
    TakeWord(line);
    const auto pid = ParseNumber<std::int64_t>(TakeWord(line), 10);
    std::string_view where = TakeWord(line);
    const auto device_major = ParseNumber<unsigned>(TakeWord(where, ':'), 16);
    const auto device_minor = ParseNumber<unsigned>(TakeWord(where, ':'), 16);
    const auto inode = ParseNumber<ino_t>(where, 10);
    if (!pid || !device_major || !device_minor || !inode) continue;
    if (*inode == file.st_ino && *device_major == major(file.st_dev) &&
        *device_minor == minor(file.st_dev)) {
      return *pid > 0 ? *pid : 0;
    }
  }
  return 0;
}

std::expected<Descriptor, StateProblem> TakeWriterLock(FileSystem& files, int directory,
                                                       const std::string& name) {
  const uid_t user = files.EffectiveUser();
  const auto seen = files.InspectAt(directory, name);
  if (!seen && seen.error() != ENOENT) return Unusable();
  if (seen) {
    // Before open: opening a device can have effects.
    if (const auto fault = FindFault(*seen, user); !fault.empty()) {
      return Refuse(StateProblemKind::kUnsafeLock, fault);
    }
  }
  const auto opened = files.OpenAt(directory, name, O_RDWR | O_CREAT, kLockMode);
  if (!opened) {
    if (opened.error() == ELOOP) {
      return Refuse(StateProblemKind::kUnsafeLock,
                    "the writer lock is a symbolic link; remove the link");
    }
    return Unusable();
  }
  Descriptor lock(files, *opened);
  if (const auto taken = files.LockExclusive(lock.number()); !taken) {
    if (taken.error() != EWOULDBLOCK) return Unusable();
    StateProblem locked{.kind = StateProblemKind::kLocked,
                        .text =
                            "another process holds the writer lock of the state; stop the provider "
                            "before you change the state with a command"};
    if (const auto status = files.Inspect(lock.number())) {
      locked.holder_pid = FindLockHolder(files.KernelLocks(), *status);
    }
    return std::unexpected(locked);
  }
  // Judged again under the lock: the file that is locked must be the one the name leads to, or a
  // second process would lock another file.
  const auto held = files.Inspect(lock.number());
  const auto named = files.InspectAt(directory, name);
  if (!held || !named) return Unusable();
  if (const auto fault = FindFault(*held, user); !fault.empty()) {
    return Refuse(StateProblemKind::kUnsafeLock, fault);
  }
  if (held->st_ino != named->st_ino || held->st_dev != named->st_dev) {
    return Refuse(StateProblemKind::kUnsafeLock,
                  "the writer lock was replaced while it was being taken; find out what replaced "
                  "it, then try again");
  }
  return lock;
}

}  // namespace baokms::adapters::state_file
