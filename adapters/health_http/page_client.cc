#include "adapters/health_http/page_client.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstddef>

#include "adapters/health_http/listen_address.h"
#include "adapters/posix/descriptor.h"

namespace baokms::adapters::health_http {
namespace {

using std::chrono::steady_clock;

constexpr std::size_t kMostBytes = std::size_t{4} << 20U;

// Until the socket is ready for `events`; false when the time is over.
bool Await(int socket, short events, steady_clock::time_point deadline) {
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(deadline - steady_clock::now());
  if (left.count() <= 0) return false;
  pollfd watched{.fd = socket, .events = events, .revents = 0};
  return ::poll(&watched, 1, static_cast<int>(left.count())) == 1;
}

bool Connect(int socket, const SocketAddress& address, steady_clock::time_point deadline) {
  if (::connect(socket, address.get(), address.length) == 0) return true;
  if (errno != EINPROGRESS || !Await(socket, POLLOUT, deadline)) return false;
  int error = 0;
  socklen_t size = sizeof error;
  return ::getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0;
}

// To the end of the connection, or to the bound.
std::optional<std::string> ReadAll(int socket, steady_clock::time_point deadline) {
  std::string text;
  std::array<char, 16 * 1024> chunk{};
  while (text.size() < kMostBytes) {
    if (!Await(socket, POLLIN, deadline)) return std::nullopt;
    const ssize_t got = ::recv(socket, chunk.data(), chunk.size(), 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (got < 0) return std::nullopt;
    if (got == 0) break;
    text.append(chunk.data(), static_cast<std::size_t>(got));
  }
  return text;
}

std::optional<Page> Parse(std::string_view reply) {
  constexpr std::string_view kProtocol = "HTTP/1.";
  constexpr std::string_view kEndOfHeaders = "\r\n\r\n";
  const std::size_t blank = reply.find(' ');
  const std::size_t body = reply.find(kEndOfHeaders);
  if (!reply.starts_with(kProtocol) || blank != kProtocol.size() + 1 ||
      body == std::string_view::npos) {
    return std::nullopt;
  }
  Page page;
  const char* const number = reply.data() + blank + 1;
  const auto [end, error] = std::from_chars(number, reply.data() + body, page.status);
  if (error != std::errc() || end != number + 3) return std::nullopt;
  page.body = reply.substr(body + kEndOfHeaders.size());
  return page;
}

std::optional<Page> Ask(const SocketAddress& address, std::string_view question,
                        steady_clock::time_point deadline) {
  const posix::Descriptor socket(
      ::socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.valid() || !Connect(socket.get(), address, deadline)) return std::nullopt;
  // A new connection's buffer has room for it.
  const ssize_t sent = ::send(socket.get(), question.data(), question.size(), MSG_NOSIGNAL);
  if (sent != static_cast<ssize_t>(question.size())) return std::nullopt;
  const auto reply = ReadAll(socket.get(), deadline);
  return reply ? Parse(*reply) : std::nullopt;
}

}  // namespace

std::optional<Page> ReadPage(std::string_view address, std::string_view path,
                             std::chrono::milliseconds most) {
  const auto targets = ResolveListenAddress(address);
  if (!targets) return std::nullopt;
  const auto deadline = steady_clock::now() + most;
  // HTTP/1.0: the reply ends with the connection. A wildcard address connects to this node.
  const std::string question =
      "GET " + std::string(path) + " HTTP/1.0\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  for (const SocketAddress& target : targets->addresses) {
    if (auto page = Ask(target, question, deadline)) return page;
  }
  return std::nullopt;
}

}  // namespace baokms::adapters::health_http
