#include "tests/bench/serving.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "tests/support/harness/harness_error.h"

namespace baokms::testing {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

// -1 when it does not connect; to be closed.
int ConnectTo(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  // sockaddr_un is what connect takes for this family.
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return fd;
  close(fd);
  return -1;
}

}  // namespace

bool Connects(const std::string& socket_path) {
  const int fd = ConnectTo(socket_path);
  if (fd >= 0) close(fd);
  return fd >= 0;
}

pid_t ListenerOf(const std::string& socket_path) {
  const int fd = ConnectTo(socket_path);
  ucred listener{};
  socklen_t size = sizeof listener;
  const bool known = fd >= 0 && getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &listener, &size) == 0;
  if (fd >= 0) close(fd);
  if (!known) throw HarnessError("nobody listens at the socket");
  return listener.pid;
}

double StartMs(const ProviderConfig& config, std::unique_ptr<ProviderProcess>& provider) {
  const auto began = steady_clock::now();
  provider = std::make_unique<ProviderProcess>(config);
  while (!Connects(config.socket())) {
    if (!provider->child().Running() || steady_clock::now() - began > 60s) {
      throw HarnessError("the provider does not serve:\n" + provider->Stderr());
    }
    std::this_thread::sleep_for(200us);
  }
  return std::chrono::duration<double, std::milli>(steady_clock::now() - began).count();
}

}  // namespace baokms::testing
