#include "tests/adapters/transit_http/connect_proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace baokms::tests {
namespace {

int Socket() { return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0); }

sockaddr_in Loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  return address;
}

bool SendAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

}  // namespace

ConnectProxy::ConnectProxy(std::map<std::string, int> tunnels)
    : tunnels_(std::move(tunnels)), listener_(Socket()) {
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof(address);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (listener_ < 0 || bind(listener_, generic, size) != 0 || listen(listener_, 16) != 0 ||
      getsockname(listener_, generic, &size) != 0) {
    throw std::runtime_error("cannot listen on 127.0.0.1");
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { Accept(); });
}

ConnectProxy::~ConnectProxy() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (const int fd : fds_) shutdown(fd, SHUT_RDWR);
  }
  stopped_.notify_all();
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  for (std::thread& thread : threads_) thread.join();
  for (const int fd : fds_) close(fd);
  close(listener_);
}

void ConnectProxy::Instead(std::string answer) {
  const std::lock_guard lock(mutex_);
  answer_ = Answer::kEnd;
  instead_ = std::move(answer);
}

void ConnectProxy::InsteadHang(std::string answer) {
  const std::lock_guard lock(mutex_);
  answer_ = Answer::kHang;
  instead_ = std::move(answer);
}

void ConnectProxy::InsteadNothing() {
  const std::lock_guard lock(mutex_);
  answer_ = Answer::kTunnel;
}

void ConnectProxy::EndTunnels() {
  const std::lock_guard lock(mutex_);
  for (const int fd : fds_) shutdown(fd, SHUT_RDWR);
}

std::string ConnectProxy::Url(const std::string& host) const {
  return "http://" + host + ":" + std::to_string(port_);
}

std::vector<std::string> ConnectProxy::asked() const {
  const std::lock_guard lock(mutex_);
  return asked_;
}

int ConnectProxy::Open(int fd) {
  if (fd < 0) return fd;
  const std::lock_guard lock(mutex_);
  if (stopping_) {
    close(fd);
    return -1;
  }
  fds_.push_back(fd);
  return fd;
}

void ConnectProxy::Accept() {
  while (true) {
    const int client = Open(accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC));
    if (client < 0) return;
    threads_.emplace_back([this, client] {
      Serve(client);
      shutdown(client, SHUT_RDWR);
    });
  }
}

bool ConnectProxy::ReadHead(int client, std::string& head) {
  char c = 0;
  while (!head.ends_with("\r\n\r\n")) {
    if (recv(client, &c, 1, 0) != 1) return false;  // no byte of what follows
    head.push_back(c);
  }
  head.resize(head.size() - 2);
  return true;
}

void ConnectProxy::Serve(int client) {
  std::string head;
  if (!ReadHead(client, head)) return;
  Answer answer = Answer::kTunnel;
  std::string instead;
  {
    const std::lock_guard lock(mutex_);
    asked_.push_back(head);
    answer = answer_;
    instead = instead_;
  }
  if (answer != Answer::kTunnel) {
    SendAll(client, instead);
    if (answer == Answer::kHang) HangUntilStopped();
    return;
  }
  const std::size_t begin = head.find(' ') + 1;
  const auto tunnel = tunnels_.find(head.substr(begin, head.find(' ', begin) - begin));
  if (!head.starts_with("CONNECT ") || tunnel == tunnels_.end()) {
    SendAll(client, "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n");
    return;
  }
  Tunnel(client, tunnel->second);
}

void ConnectProxy::Tunnel(int client, int server_port) {
  const int server = Open(Socket());
  const sockaddr_in address = Loopback(server_port);
  if (server < 0 ||
      connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    SendAll(client, "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n");
    return;
  }
  // A header of the proxy's own is no part of the reply.
  SendAll(client, "HTTP/1.1 200 Connection established\r\nVia: 1.1 proxy\r\n\r\n");
  std::array<pollfd, 2> ends{{{client, POLLIN, 0}, {server, POLLIN, 0}}};
  std::array<char, 16384> bytes{};
  while (poll(ends.data(), ends.size(), -1) > 0) {
    for (std::size_t from = 0; from < ends.size(); ++from) {
      if (ends.at(from).revents == 0) continue;
      const ssize_t got = recv(ends.at(from).fd, bytes.data(), bytes.size(), 0);
      if (got <= 0 ||
          !SendAll(ends.at(1 - from).fd, {bytes.data(), static_cast<std::size_t>(got)})) {
        shutdown(server, SHUT_RDWR);
        return;
      }
    }
  }
}

void ConnectProxy::HangUntilStopped() {
  std::unique_lock lock(mutex_);
  stopped_.wait(lock, [this] { return stopping_; });
}

}  // namespace baokms::tests
