#include "adapters/systemd/systemd_supervisor.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "adapters/posix/descriptor.h"

namespace baokms::adapters::systemd {
namespace {

std::string_view Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view() : std::string_view(value);
}

// One datagram with all of the message: the protocol has no answer.
void Notify(std::string_view state) {
  const std::string_view path = Variable("NOTIFY_SOCKET");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  // A path, or with '@' a name without a file; longer ones and other address families are none of
  // ours.
  if (path.size() < 2 || path.size() >= sizeof address.sun_path) return;
  if (path.front() != '/' && path.front() != '@') return;
  std::memcpy(address.sun_path, path.data(), path.size());
  if (path.front() == '@') address.sun_path[0] = '\0';
  // The length says where a name without a file ends; a path may be without its final zero.
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  const posix::Descriptor fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return;
  // A busy manager takes it a moment later; one that hangs must not stop the control loop.
  const timeval most{.tv_sec = 1, .tv_usec = 0};
  setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &most, sizeof most);
  sendto(fd.get(), state.data(), state.size(), MSG_NOSIGNAL,
         reinterpret_cast<const sockaddr*>(&address),  // the sockets API's own way
         length);
}

std::optional<std::uint64_t> WholeNumber(std::string_view text) {
  std::uint64_t number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

void SystemdSupervisor::Ready() { Notify("READY=1"); }

void SystemdSupervisor::Watchdog() { Notify("WATCHDOG=1"); }

void SystemdSupervisor::ExtendStart(std::chrono::microseconds more) {
  Notify("EXTEND_TIMEOUT_USEC=" + std::to_string(more.count()));
}

void SystemdSupervisor::Stopping() { Notify("STOPPING=1"); }

std::optional<std::chrono::microseconds> SystemdSupervisor::WatchdogPeriod() const {
  const std::optional<std::uint64_t> period = WholeNumber(Variable("WATCHDOG_USEC"));
  if (!period || *period == 0 || *period > INT64_MAX) return std::nullopt;
  // The variable of a parent that we inherited is not meant for us.
  const std::string_view process = Variable("WATCHDOG_PID");
  if (!process.empty() && WholeNumber(process) != static_cast<std::uint64_t>(getpid())) {
    return std::nullopt;
  }
  return std::chrono::microseconds(static_cast<std::int64_t>(*period));
}

void SystemdSupervisor::Status(std::string_view line) {
  // A second line would be another assignment.
  Notify("STATUS=" + std::string(line.substr(0, line.find('\n'))));
}

}  // namespace baokms::adapters::systemd
