#include "app/checks/provider_socket.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>

#include "adapters/posix/descriptor.h"

namespace baokms::app {
namespace {

std::optional<struct stat> Inspect(const std::string& path) {
  struct stat status{};
  if (lstat(path.c_str(), &status) != 0) return std::nullopt;
  return status;
}

void Connect(const std::string& path, ProviderSocket& socket) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return;
  std::memcpy(address.sun_path, path.data(), path.size());
  const adapters::posix::Descriptor fd(
      ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  // The sockets API's own way of passing an address.
  if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    // A full queue belongs to somebody who listens.
    socket.found = errno == EACCES   ? SocketFound::kHidden
                   : errno == EAGAIN ? SocketFound::kListening
                                     : SocketFound::kLeft;
    return;
  }
  socket.found = SocketFound::kListening;
  ucred peer{};
  socklen_t size = sizeof peer;
  if (getsockopt(fd.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0) socket.listener = peer.uid;
}

}  // namespace

ProviderSocket LookAtSocket(const std::string& path) {
  ProviderSocket socket;
  socket.directory = Inspect(path.substr(0, path.rfind('/')));
  struct stat status{};
  if (lstat(path.c_str(), &status) != 0) {
    if (errno == EACCES) socket.found = SocketFound::kHidden;
    return socket;
  }
  socket.file = status;
  if (S_ISSOCK(status.st_mode)) {
    Connect(path, socket);
  } else {
    socket.found = SocketFound::kAnotherFile;
  }
  return socket;
}

}  // namespace baokms::app
