#include "tests/support/harness/free_port.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <random>
#include <string>

#include "tests/support/harness/harness_error.h"

namespace baokms::testing {
namespace {

class Socket {
 public:
  explicit Socket(int family) : fd_(socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
  ~Socket() {
    if (fd_ >= 0) close(fd_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  // The sockets API's own way of passing an address.
  template <typename Address>
  bool Bind(const Address& address, std::size_t size = sizeof(Address)) const {
    return bind(fd_, reinterpret_cast<const sockaddr*>(&address), static_cast<socklen_t>(size)) ==
           0;
  }
  void KeepUntilTheProcessEnds() { fd_ = -1; }

 private:
  int fd_;
};

bool NobodyListens(unsigned short port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return Socket(AF_INET).Bind(address);
}

// A name without a file (unix(7), "abstract"), which one process has until it ends.
bool Claim(unsigned short port) {
  const std::string name = "bao-kms-provider test port " + std::to_string(port);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::ranges::copy(name, address.sun_path + 1);
  Socket claim(AF_UNIX);
  if (!claim.Bind(address, offsetof(sockaddr_un, sun_path) + 1 + name.size())) return false;
  claim.KeepUntilTheProcessEnds();
  return true;
}

}  // namespace

// Below those that the kernel gives to connections: under load one of them would have it by the
// time that a server listens.
unsigned short FreePort() {
  std::random_device random;
  std::uniform_int_distribution<unsigned short> any(20000, 32000);
  for (int tries = 0; tries < 100; ++tries) {
    const unsigned short port = any(random);
    if (Claim(port) && NobodyListens(port)) return port;
  }
  throw HarnessError("no free port");
}

}  // namespace baokms::testing
