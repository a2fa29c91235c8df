// The protocol of sd_notify(3) against sockets of the kernel's own.
#include "adapters/systemd/systemd_supervisor.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>

#include "adapters/posix/descriptor.h"
#include "tests/support/harness/temp_directory.h"

namespace baokms::adapters::systemd {
namespace {

// The manager's end. `name`: a path, or '@' and a name without a file.
class Manager {
 public:
  explicit Manager(const std::string& name) : fd_(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name.front() == '@') address.sun_path[0] = '\0';
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    REQUIRE(bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), length) == 0);
    setenv("NOTIFY_SOCKET", name.c_str(), 1);
  }
  ~Manager() { unsetenv("NOTIFY_SOCKET"); }
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;

  // The next message that is there; empty when none is.
  std::string Next() const {
    std::array<char, 256> text{};
    const ssize_t size = recv(fd_.get(), text.data(), text.size(), MSG_DONTWAIT);
    return size > 0 ? std::string(text.data(), static_cast<std::size_t>(size)) : "";
  }

 private:
  posix::Descriptor fd_;
};

void CheckAllAreHeard(const Manager& manager) {
  SystemdSupervisor supervisor;
  supervisor.ExtendStart(std::chrono::seconds(10));
  supervisor.Ready();
  supervisor.Watchdog();
  supervisor.Stopping();
  CHECK(manager.Next() == "EXTEND_TIMEOUT_USEC=10000000");
  CHECK(manager.Next() == "READY=1");
  CHECK(manager.Next() == "WATCHDOG=1");
  CHECK(manager.Next() == "STOPPING=1");
  CHECK(manager.Next().empty());
}

std::string Unique() { return "@baokms-notify-" + std::to_string(getpid()); }

TEST_CASE("Supervisor: a socket with a path hears each notification") {
  const testing::TempDirectory directory;
  CheckAllAreHeard(Manager(directory.File("notify")));
}

TEST_CASE("Supervisor: a socket without a file hears each notification") {
  CheckAllAreHeard(Manager(Unique()));
}

TEST_CASE(
    "Supervisor: a name as long as the kernel takes is heard and a longer one is left alone") {
  std::string name = Unique();
  name.resize(sizeof(sockaddr_un{}.sun_path) - 1, 'x');
  const Manager manager(name);
  SystemdSupervisor().Ready();
  CHECK(manager.Next() == "READY=1");
  setenv("NOTIFY_SOCKET", (name + "xy").c_str(), 1);
  SystemdSupervisor().Ready();
  CHECK(manager.Next().empty());
}

TEST_CASE("Supervisor: without a socket or with one that is gone nothing happens") {
  for (const char* name : {"", "@", "/", "relative", "vsock:2:1234", "/nowhere/notify"}) {
    setenv("NOTIFY_SOCKET", name, 1);
    SystemdSupervisor().Ready();
  }
  unsetenv("NOTIFY_SOCKET");
  SystemdSupervisor().Ready();
}

TEST_CASE("Supervisor: a manager that reads nothing holds a call up for about a second at most") {
  const Manager manager(Unique());
  SystemdSupervisor supervisor;
  const auto began = std::chrono::steady_clock::now();
  auto longest = std::chrono::steady_clock::duration::zero();
  // The kernel keeps a few; the first one over that waits, and so we are done.
  for (int i = 0; i < 10'000 && longest < std::chrono::milliseconds(500); ++i) {
    const auto before = std::chrono::steady_clock::now();
    supervisor.Watchdog();
    longest = std::max(longest, std::chrono::steady_clock::now() - before);
  }
  CHECK(longest >= std::chrono::milliseconds(500));  // it was full
  CHECK(std::chrono::steady_clock::now() - began < std::chrono::seconds(10));
  CHECK(manager.Next() == "WATCHDOG=1");
}

TEST_CASE("Supervisor: the watchdog's period is that of WATCHDOG_USEC for this process") {
  const auto period = [](const char* microseconds, const std::string& process) {
    setenv("WATCHDOG_USEC", microseconds, 1);
    setenv("WATCHDOG_PID", process.c_str(), 1);
    const auto found = SystemdSupervisor().WatchdogPeriod();
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
    return found.value_or(std::chrono::microseconds(-1)).count();
  };
  CHECK(period("3000000", "") == 3'000'000);
  CHECK(period("3000000", std::to_string(getpid())) == 3'000'000);
  CHECK(period("3000000", std::to_string(getppid())) == -1);
  CHECK(period("3000000", "me") == -1);
  CHECK(period("0", "") == -1);
  CHECK(period("", "") == -1);
  CHECK(period("-5", "") == -1);
  CHECK(period("18446744073709551615", "") == -1);
  CHECK_FALSE(SystemdSupervisor().WatchdogPeriod());
}

}  // namespace
}  // namespace baokms::adapters::systemd
