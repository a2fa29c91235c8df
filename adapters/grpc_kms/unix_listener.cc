#include "adapters/grpc_kms/unix_listener.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>
#include <utility>

#include "adapters/grpc_kms/socket_lock.h"

namespace baokms::adapters::grpc_kms {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using Problem = ListenProblem;

constexpr milliseconds kStaleProof{250};
constexpr milliseconds kRetry{10};

struct Location {
  std::string directory;
  std::string name;
  sockaddr_un address{};
};

std::expected<Location, Problem> Locate(const std::string& path) {
  Location location;
  const std::size_t slash = path.rfind('/');
  if (path.empty() || path.front() != '/' || path.find('\0') != std::string::npos ||
      path.size() >= sizeof(location.address.sun_path)) {
    return std::unexpected(Problem::kPathUnusable);
  }
  location.directory = slash == 0 ? "/" : path.substr(0, slash);
  location.name = path.substr(slash + 1);
  if (location.name.empty() || location.name == "." || location.name == "..") {
    return std::unexpected(Problem::kPathUnusable);
  }
  location.address.sun_family = AF_UNIX;
  std::memcpy(location.address.sun_path, path.data(), path.size());
  return location;
}

std::expected<posix::Descriptor, Problem> OpenDirectory(const std::string& path) {
  posix::Descriptor directory(
      ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!directory.valid()) return std::unexpected(Problem::kDirectoryMissing);
  struct stat status{};
  if (::fstat(directory.get(), &status) != 0) return std::unexpected(Problem::kSystem);
  if (status.st_uid != ::geteuid()) return std::unexpected(Problem::kDirectoryNotOwned);
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    return std::unexpected(Problem::kDirectoryWritable);
  }
  return directory;
}

std::expected<posix::Descriptor, Problem> NewSocket() {
  posix::Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return std::unexpected(Problem::kSystem);
  return socket;
}

int Connect(int socket, const sockaddr_un& address) {
  return ::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
}

// Returns once a connect was refused, which alone proves that nobody listens.
std::expected<void, Problem> ProveUnused(const sockaddr_un& address) {
  const auto deadline = steady_clock::now() + kStaleProof;
  for (;;) {
    auto probe = NewSocket();
    if (!probe) return std::unexpected(probe.error());
    if (Connect(probe->get(), address) == 0) return std::unexpected(Problem::kAlreadyServed);
    if (errno == ECONNREFUSED) return {};
    // A listener whose queue is full answers EAGAIN; it may have room a moment later.
    if (errno != EAGAIN && errno != EINTR) {
      return std::unexpected(Problem::kExistingSocketUnproven);
    }
    if (steady_clock::now() >= deadline) return std::unexpected(Problem::kExistingSocketUnproven);
    std::this_thread::sleep_for(kRetry);
  }
}

bool SameFile(const struct stat& a, const struct stat& b) {
  return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

std::expected<void, Problem> RemoveStale(int directory, const Location& location,
                                         ports::Telemetry& telemetry) {
  struct stat before{};
  if (::fstatat(directory, location.name.c_str(), &before, AT_SYMLINK_NOFOLLOW) != 0) {
    if (errno == ENOENT) return {};
    return std::unexpected(Problem::kSystem);
  }
  if (!S_ISSOCK(before.st_mode)) return std::unexpected(Problem::kNotASocket);
  if (auto unused = ProveUnused(location.address); !unused) return unused;
  struct stat after{};
  if (::fstatat(directory, location.name.c_str(), &after, AT_SYMLINK_NOFOLLOW) != 0 ||
      !SameFile(before, after)) {
    return std::unexpected(Problem::kExistingSocketUnproven);
  }
  if (::unlinkat(directory, location.name.c_str(), 0) != 0) {
    return std::unexpected(Problem::kSystem);
  }
  telemetry.StaleSocketRemoved();
  return {};
}

}  // namespace

UnixListener::UnixListener(posix::Descriptor directory, std::string name, posix::Descriptor socket,
                           dev_t device, ino_t inode)
    : directory_(std::move(directory)),
      name_(std::move(name)),
      socket_(std::move(socket)),
      device_(device),
      inode_(inode) {}

UnixListener::~UnixListener() { Close(); }

std::expected<UnixListener, ListenProblem> UnixListener::Open(const Options& options,
                                                              ports::Telemetry& telemetry) {
  auto location = Locate(options.path);
  if (!location) return std::unexpected(location.error());
  auto directory = OpenDirectory(location->directory);
  if (!directory) return std::unexpected(directory.error());
  // A socket that is bound but not yet listening refuses connects just as a dead one does. The lock
  // keeps two providers from taking each other's for stale; it is held until the socket listens.
  const auto lock = TakeSocketLock(directory->get(), location->name);
  if (!lock) return std::unexpected(lock.error());
  if (auto removed = RemoveStale(directory->get(), *location, telemetry); !removed) {
    return std::unexpected(removed.error());
  }

  auto socket = NewSocket();
  if (!socket) return std::unexpected(socket.error());
  // bind gives the file the unbound socket's mode less the umask: never wider than asked for
  // (libraries.md, "gRPC").
  if (::fchmod(socket->get(), options.mode) != 0) return std::unexpected(Problem::kSystem);
  if (::bind(socket->get(), reinterpret_cast<const sockaddr*>(&location->address),
             sizeof(location->address)) != 0) {
    return std::unexpected(errno == EADDRINUSE ? Problem::kNotASocket : Problem::kSystem);
  }
  const char* name = location->name.c_str();
  struct stat bound{};
  if (::fstatat(directory->get(), name, &bound, AT_SYMLINK_NOFOLLOW) != 0 ||
      !S_ISSOCK(bound.st_mode)) {
    return std::unexpected(Problem::kSystem);
  }
  const int directory_fd = directory->get();
  // From here on its destructor removes what was bound.
  UnixListener listener(std::move(*directory), location->name, std::move(*socket), bound.st_dev,
                        bound.st_ino);
  if (options.group && ::fchownat(directory_fd, name, static_cast<uid_t>(-1), *options.group,
                                  AT_SYMLINK_NOFOLLOW) != 0) {
    return std::unexpected(Problem::kGroupRefused);
  }
  // After the chown, so that the bits a umask took come back for the right group only.
  if (::fchmodat(directory_fd, name, options.mode, 0) != 0) {
    return std::unexpected(Problem::kSystem);
  }
  if (::listen(listener.fd(), options.backlog) != 0) return std::unexpected(Problem::kSystem);
  return listener;
}

void UnixListener::Close() {
  if (!socket_.valid()) return;
  struct stat current{};
  if (::fstatat(directory_.get(), name_.c_str(), &current, AT_SYMLINK_NOFOLLOW) == 0 &&
      S_ISSOCK(current.st_mode) && current.st_dev == device_ && current.st_ino == inode_) {
    ::unlinkat(directory_.get(), name_.c_str(), 0);
  }
  socket_.Reset();
  directory_.Reset();
}

}  // namespace baokms::adapters::grpc_kms
