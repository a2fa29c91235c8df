// A blocking HTTP client of a few lines, so that tests decide about every byte.
#pragma once

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/health_http/http_server.h"

namespace baokms::adapters::health_http {

class Client {
 public:
  explicit Client(std::uint16_t port, int family = AF_INET, int receive_buffer = 0) {
    descriptor_ = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(descriptor_ >= 0);
    if (receive_buffer > 0) {
      ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    }
    if (family == AF_INET6) {
      sockaddr_in6 to{};
      to.sin6_family = AF_INET6;
      to.sin6_addr = in6addr_loopback;
      to.sin6_port = htons(port);
      REQUIRE(::connect(descriptor_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
    } else {
      sockaddr_in to{};
      to.sin_family = AF_INET;
      to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      to.sin_port = htons(port);
      REQUIRE(::connect(descriptor_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
    }
  }
  ~Client() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  Client(Client&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Client& operator=(Client&&) = delete;

  bool Send(std::string_view bytes) const {
    return ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(bytes.size());
  }

  // One whole reply by its Content-Length (none for HEAD); what came when the server closed.
  std::string Receive(bool head = false) const {
    std::string text;
    while (true) {
      const std::size_t end = text.find("\r\n\r\n");
      if (end != std::string::npos) {
        if (head) return text;
        const std::size_t at = text.find("Content-Length: ");
        if (at != std::string::npos && text.size() >= end + 4 + std::stoul(text.substr(at + 16))) {
          return text;
        }
      }
      if (!WaitReadable(std::chrono::seconds(10))) return text + "(timeout)";
      char chunk[4096];
      const ssize_t got = ::recv(descriptor_, chunk, sizeof chunk, 0);
      if (got <= 0) return text;
      text.append(chunk, static_cast<std::size_t>(got));
    }
  }

  std::string Ask(std::string_view method, std::string_view path) const {
    REQUIRE(Send(std::string(method) + ' ' + std::string(path) + " HTTP/1.1\r\nHost: x\r\n\r\n"));
    return Receive(method == "HEAD");
  }

  // How long until the server closes; more than `most` when it does not.
  std::chrono::milliseconds TimeToClose(std::chrono::milliseconds most) const {
    const auto began = std::chrono::steady_clock::now();
    const auto passed = [&] {
      return std::chrono::duration_cast<std::chrono::milliseconds>(
          std::chrono::steady_clock::now() - began);
    };
    while (passed() <= most) {
      if (!WaitReadable(std::chrono::milliseconds(10))) continue;
      char chunk[4096];
      if (::recv(descriptor_, chunk, sizeof chunk, 0) <= 0) return passed();
    }
    return most + std::chrono::hours(1);
  }

 private:
  bool WaitReadable(std::chrono::milliseconds most) const {
    pollfd readable{.fd = descriptor_, .events = POLLIN, .revents = 0};
    return ::poll(&readable, 1, static_cast<int>(most.count())) > 0;
  }

  int descriptor_ = -1;
};

inline std::string Get(std::uint16_t port, std::string_view path) {
  return Client(port).Ask("GET", path);
}

inline int StatusOf(const std::string& reply) {
  REQUIRE(reply.starts_with("HTTP/1.1 "));
  return std::stoi(reply.substr(9, 3));
}

inline std::string BodyOf(const std::string& reply) {
  const std::size_t end = reply.find("\r\n\r\n");
  REQUIRE(end != std::string::npos);
  return reply.substr(end + 4);
}

inline std::vector<Route> Word(std::string body) {
  return {{.path = "/word", .content_type = "text/plain", .handler = [body = std::move(body)] {
             return Reply{.status = 200, .body = body};
           }}};
}

inline std::unique_ptr<HttpServer> Serve(std::vector<Route> routes, Limits limits = {},
                                         std::string address = "127.0.0.1:0") {
  auto server = HttpServer::Start(
      {.address = std::move(address), .routes = std::move(routes), .limits = limits},
      {.not_bound = [](ListenProblem problem) { FAIL(std::string(Name(problem))); }, .bound = {}});
  REQUIRE(server.has_value());
  return std::move(*server);
}

}  // namespace baokms::adapters::health_http
